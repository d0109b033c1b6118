import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainEvents } from '../../kernel/events/domain-events';
import { keyTypeOf, type PresentedHostKey } from '../../kernel/ssh/host-key';
import { SshConnectionFactory } from '../../kernel/ssh/ssh-connection-factory';
import { SshError } from '../../kernel/ssh/ssh-error';
import type { HostKeyDto } from '../credentials/dto/host-key.dto';
import type { HostKeyRow, JudgedHostKey } from '../credentials/host-keys.repository';
import { HostKeys, toHostKeyDto, type RecordedHostKeys } from '../credentials/host-keys.service';
import { ConnectionOutcomes } from './connection-outcomes';
import { MachineState } from './machine-state';
import { MachinesRepository, type MachineRow } from './machines.repository';
import { Machines } from './machines.service';
import { unreachableProblem } from './ssh-problems';
import { say } from './machines.sentences';

const SETTLED_BY_DECISION = ['host_key_unknown', 'host_key_changed', 'machine_quarantined'];

/** Host keys of machines: looking at them, deciding about them, and the quarantine that a changed one leads to. */
@Injectable()
export class MachineHostKeys {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly machines: Machines,
    private readonly repository: MachinesRepository,
    private readonly hostKeys: HostKeys,
    private readonly ssh: SshConnectionFactory,
    private readonly outcomes: ConnectionOutcomes,
    private readonly state: MachineState,
    private readonly events: DomainEvents,
  ) {}

  /**
   * Asks the machine for its keys and keeps them; nothing is authenticated. Works in quarantine too. Whether it answered is
   * kept, as of any other try to connect.
   * @throws DomainError `host_keys_not_shown` when it cannot be reached
   */
  async scan(machineId: string, origin: RequestOrigin): Promise<HostKeyDto[]> {
    const machine = await this.machines.requireLive(machineId);
    const shown = await this.shownBy(machine, origin);
    await this.keep(machine, shown, origin);
    await this.outcomes.answered(machine, { origin });
    return (await this.hostKeys.list(machineId)).map(toHostKeyDto);
  }

  /**
   * Keeps keys that a machine has shown. A changed one quarantines the machine in the same transaction.
   * @returns what they are
   */
  keep(machine: MachineRow, shown: readonly PresentedHostKey[], origin: RequestOrigin): Promise<RecordedHostKeys> {
    return this.transactions.run(async (tx) => {
      const current = await this.machines.lockLive(tx, machine.id);
      const { id: machineId, hostname, port } = machine;
      const recorded = await this.hostKeys.record(tx, { machineId, hostname, port }, shown);
      if (recorded.displacing.length > 0) await this.quarantine(tx, current, recorded, origin);
      else await this.tellNew(tx, machineId, recorded.added, origin);
      return recorded;
    });
  }

  /**
   * The machine shows none of the approved keys any more, and what it shows is not known: it is locked away all the same.
   */
  quarantineUnseen(machine: MachineRow, approved: readonly string[], origin: RequestOrigin): Promise<void> {
    return this.transactions.run(async (tx) => {
      const current = await this.machines.lockLive(tx, machine.id);
      await this.quarantine(tx, current, { added: [], displacing: [], approved }, origin);
    });
  }

  /**
   * Approves a key that a person has compared: the one shown now, or the one approved before, when what was shown in between
   * was an impostor. Lifts the quarantine: the next connection checks against the new decision.
   * @returns the key, with the other machines that have shown it
   */
  async approve(machineId: string, keyId: string, fingerprint: string, origin: RequestOrigin): Promise<HostKeyDto> {
    const key = await this.transactions.run(async (tx) => {
      const machine = await this.machines.lockLive(tx, machineId);
      const { key: approved, settles } = await this.hostKeys.approve(tx, machineId, keyId, fingerprint, origin);
      const lifted = settles && machine.status === 'quarantined';
      const status = machine.lastSeenAt === null ? 'new' : 'active';
      this.state.patch(tx, machineId, {
        ...(lifted ? { status } : {}),
        // An error about a host key has been answered by the decision; any other stays.
        ...(settles ? { settlesErrors: [{ only: SETTLED_BY_DECISION }] } : {}),
      });
      await this.tellDecision(tx, machineId, approved, 'host_key_approved', origin, lifted);
      return approved;
    });
    const alsoOn = await this.repository.sharingHostKeys(machineId, [key.fingerprint]);
    return Object.assign(toHostKeyDto(key), { alsoOn });
  }

  /** Rejects a key. A quarantine stays. */
  async reject(machineId: string, keyId: string, origin: RequestOrigin): Promise<HostKeyDto> {
    const key = await this.transactions.run(async (tx) => {
      await this.machines.lockLive(tx, machineId);
      const rejected = await this.hostKeys.reject(tx, machineId, keyId, origin);
      this.state.patch(tx, machineId, {});
      await this.tellDecision(tx, machineId, rejected, 'host_key_rejected', origin, false);
      return rejected;
    });
    return toHostKeyDto(key);
  }

  private async shownBy(machine: MachineRow, origin: RequestOrigin): Promise<readonly PresentedHostKey[]> {
    try {
      return await this.ssh.scanHostKeys({ host: machine.hostname, port: machine.port });
    } catch (error) {
      if (error instanceof SshError) await this.outcomes.failed(machine, error, { origin });
      throw unreachableProblem(error);
    }
  }

  private async quarantine(
    tx: Transaction,
    machine: MachineRow,
    keys: Omit<RecordedHostKeys, 'shown'>,
    origin: RequestOrigin,
  ): Promise<void> {
    const changed = keys.displacing;
    const shown = changed.length === 0 ? say.none_of_them() : changed.map(nameOf).join(', ');
    const message = say.host_key_changed({ approved: keys.approved.join(', '), shown });
    this.state.patch(tx, machine.id, {
      status: 'quarantined',
      lastErrorKind: 'host_key_changed',
      lastErrorMessage: message,
    });
    if (machine.status === 'quarantined' && keys.added.length === 0) return;
    await this.events.publish(tx, {
      type: 'host_key_changed',
      machineId: machine.id,
      severity: 'error',
      actor: origin.actor,
      message,
      payload: {
        oldFingerprints: keys.approved,
        newKeys: changed.map(({ keyType, fingerprint }) => ({ keyType, fingerprint })),
      },
    });
  }

  private async tellNew(
    tx: Transaction,
    machineId: string,
    keys: readonly HostKeyRow[],
    origin: RequestOrigin,
  ): Promise<void> {
    if (keys.length === 0) return;
    this.state.patch(tx, machineId, {});
    await this.events.publish(tx, {
      type: 'host_key_seen',
      machineId,
      severity: 'info',
      actor: origin.actor,
      message: say.host_key_seen({ keys: keys.map(nameOf).join(', ') }),
      payload: { keys: keys.map(({ keyType, fingerprint, status }) => ({ keyType, fingerprint, status })) },
    });
  }

  private tellDecision(
    tx: Transaction,
    machineId: string,
    key: HostKeyRow,
    type: 'host_key_approved' | 'host_key_rejected',
    origin: RequestOrigin,
    lifted: boolean,
  ): Promise<void> {
    const told =
      type === 'host_key_rejected'
        ? say.host_key_rejected
        : lifted
          ? say.host_key_approved_lifted
          : say.host_key_approved;
    return this.events.publish(tx, {
      type,
      machineId,
      severity: 'info',
      actor: origin.actor,
      message: told({ who: origin.actor.name, key: nameOf(key) }),
      payload: { keyId: key.id, keyType: key.keyType, fingerprint: key.fingerprint, quarantineLifted: lifted },
    });
  }
}

function nameOf(key: Pick<JudgedHostKey, 'keyType' | 'fingerprint'>): string {
  return `${keyTypeOf(key.keyType)} ${key.fingerprint}`;
}
