import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { notFound } from '../../kernel/errors/domain-error';
import { SecretMasker } from '../../kernel/logging/secret-masker';
import type { ApprovedHostKey } from '../../kernel/ssh/host-key';
import type { ConnectStepListener } from '../../kernel/ssh/connect-steps';
import type { SudoMode } from '../../kernel/ssh/run-types';
import type { SshConnection } from '../../kernel/ssh/ssh-connection';
import { SshConnectionFactory, type ConnectTimeouts } from '../../kernel/ssh/ssh-connection-factory';
import { SshError } from '../../kernel/ssh/ssh-error';
import { Credentials } from '../credentials/credentials.service';
import type { HeldCredentials } from '../credentials/held-credentials';
import { AptProxies } from './apt-proxies';
import { ConnectionFactsRepository } from './connection-facts.repository';
import { ConnectionOutcomes } from './connection-outcomes';
import { MachineHostKeys } from './machine-host-keys';
import type { MachineRow } from './machines.repository';
import { notArchived } from './machines.service';
import { quarantineProblem } from './ssh-problems';

export interface MachineConnectOptions {
  readonly origin: RequestOrigin;
  /** What for, in words for the audit of the credentials. */
  readonly purpose: string;
  readonly jobId?: string;
  /** Gives up while connecting. */
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<ConnectTimeouts>;
  readonly onStep?: ConnectStepListener;
}

/** A signed-in connection with what its runs need. The secrets are dropped when it closes. */
export interface MachineConnection {
  readonly connection: SshConnection;
  readonly sudo: SudoMode;
  readonly masker: SecretMasker;
  close(): Promise<void>;
}

/**
 * The only way to a machine: address, approved host keys and credentials come together here, and what is learned about
 * the machine on the way is kept.
 */
@Injectable()
export class MachineConnections {
  constructor(
    private readonly facts: ConnectionFactsRepository,
    private readonly machineHostKeys: MachineHostKeys,
    private readonly credentials: Credentials,
    private readonly aptProxies: AptProxies,
    private readonly ssh: SshConnectionFactory,
    private readonly outcomes: ConnectionOutcomes,
  ) {}

  /**
   * Connects and signs in.
   *
   * Without an approved host key no credential is even decrypted: the shown keys are kept and the error says
   * `host_key_unknown`. A changed key quarantines the machine before this rejects.
   *
   * @throws SshError as it came
   * @throws DomainError `not_found`, `machine_archived`, `machine_quarantined`, `no_credentials`, `credentials_unreadable`
   */
  async connect(machineId: string, options: MachineConnectOptions): Promise<MachineConnection> {
    const facts = await this.facts.find(machineId);
    if (facts === null) throw notFound('machine');
    const { approved } = facts;
    const machine = notArchived(facts.machine);
    if (machine.status === 'quarantined') throw quarantineProblem(machine.name);
    if (approved.length === 0) return this.meet(machine, options);
    const held = await this.credentials.takeStored(machineId, facts.credentials, options.purpose, options.origin);
    const release = [
      () => {
        held.release();
      },
    ];
    try {
      const proxy = this.aptProxies.hide(machine);
      release.push(() => {
        proxy.release();
      });
      const connection = await this.open(machine, approved, held, options);
      void connection.closed.then(() => {
        for (const each of release) each();
      });
      const close = () => connection.close();
      const masker = new SecretMasker([...held.values, ...proxy.values]);
      return { connection, sudo: held.sudo, masker, close };
    } catch (error) {
      for (const each of release) each();
      throw error;
    }
  }

  private async open(
    machine: MachineRow,
    approved: readonly ApprovedHostKey[],
    held: HeldCredentials,
    options: MachineConnectOptions,
  ): Promise<SshConnection> {
    let connection: SshConnection;
    try {
      connection = await this.ssh.connect({
        ...target(machine, options),
        username: machine.username,
        secret: held.secret,
        hostKeys: { approved },
      });
    } catch (error) {
      if (error instanceof SshError) await this.learn(machine, error, options);
      throw error;
    }
    try {
      const { hostKey, remoteAddress } = connection;
      await this.outcomes.connected(machine, { keys: [hostKey], remoteAddress }, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return connection;
  }

  /** Nobody has approved a key yet: find out which ones there are. */
  private async meet(machine: MachineRow, options: MachineConnectOptions): Promise<never> {
    let error: SshError;
    try {
      const shown = await this.ssh.scanHostKeys(target(machine, options));
      await this.machineHostKeys.keep(machine, shown, options.origin);
      const [presented] = shown;
      const place = { host: machine.hostname, port: machine.port };
      error = new SshError('host_key_unknown', 'handshake', presented === undefined ? place : { ...place, presented });
    } catch (failure) {
      if (!(failure instanceof SshError)) throw failure;
      error = failure;
    }
    await this.outcomes.failed(machine, error, options);
    throw error;
  }

  private async learn(machine: MachineRow, error: SshError, options: MachineConnectOptions): Promise<void> {
    if (error.kind === 'host_key_changed') await this.learnChange(machine, error, options);
    else await this.outcomes.failed(machine, error, options);
  }

  private async learnChange(machine: MachineRow, error: SshError, options: MachineConnectOptions): Promise<void> {
    const { presented, approved } = error.details;
    const shown = presented === undefined ? await this.scanQuietly(machine, options) : [presented];
    if (shown.length > 0) await this.machineHostKeys.keep(machine, shown, options.origin);
    else {
      const fingerprints = (approved ?? []).map((key) => key.fingerprint);
      await this.machineHostKeys.quarantineUnseen(machine, fingerprints, options.origin);
    }
  }

  /** The server offers key types only of which none is approved; which keys these are is worth one more look. */
  private async scanQuietly(machine: MachineRow, options: MachineConnectOptions) {
    try {
      return await this.ssh.scanHostKeys(target(machine, options));
    } catch (error) {
      if (error instanceof SshError) return [];
      throw error;
    }
  }
}

function target(machine: MachineRow, { signal, timeouts, onStep }: MachineConnectOptions) {
  return {
    host: machine.hostname,
    port: machine.port,
    ...(signal === undefined ? {} : { signal }),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(onStep === undefined ? {} : { onStep }),
  };
}
