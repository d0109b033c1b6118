import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainEvents } from '../../kernel/events/domain-events';
import type { PresentedHostKey } from '../../kernel/ssh/host-key';
import type { SshError } from '../../kernel/ssh/ssh-error';
import { HostKeys } from '../credentials/host-keys.service';
import { ANSWERED_KINDS, SETTLED_BY_ROOT, SETTLED_BY_SIGN_IN } from './connection-kinds';
import { ConnectionFactsRepository } from './connection-facts.repository';
import { NetworkMembers } from '../networks/network-members';
import { ipAddress } from './address';
import type { SettledErrors } from './machine-errors';
import { MachineState, type MachineStatePatch } from './machine-state';
import { MachinesRepository, type MachineRow } from './machines.repository';
import { Machines } from './machines.service';
import { UNREACHABLE_KINDS } from './needs';
import { quarantineProblem } from './ssh-problems';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './machines.sentences';

/** Who connected, and for which job. */
export interface ConnectionContext {
  readonly origin: RequestOrigin;
  readonly jobId?: string;
}

/** What a login has shown of a machine. */
export interface Reached {
  readonly keys: readonly PresentedHostKey[];
  /** Of the socket; empty when it is gone already. */
  readonly remoteAddress: string;
}

/** Keeps what a try to connect says about a machine: reachable or not, and what went wrong. */
@Injectable()
export class ConnectionOutcomes {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly machines: Machines,
    private readonly repository: MachinesRepository,
    private readonly facts: ConnectionFactsRepository,
    private readonly hostKeys: HostKeys,
    private readonly state: MachineState,
    private readonly networks: NetworkMembers,
    private readonly events: DomainEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Somebody was signed in. An earlier error of connecting is settled by that, see connection-kinds.ts; errors of the work itself are not.
   * @throws DomainError `machine_quarantined`, `machine_archived` when that was decided in the meantime
   */
  async connected(machine: MachineRow, { keys, remoteAddress }: Reached, context: ConnectionContext): Promise<void> {
    const fingerprints = keys.map((key) => key.fingerprint);
    // Of a machine that is known by its address there is nothing to learn.
    const address = ipAddress(machine.hostname) === null ? ipAddress(remoteAddress) : null;
    // Almost always nothing is new but the time, and nobody has to wait for a transaction.
    if (await this.facts.seenAgain(machine.id, fingerprints, address, this.clock.now(), SETTLED_BY_SIGN_IN)) return;
    await this.transactions.run(async (tx) => {
      await this.networks.hold(tx, 'address');
      const current = await this.machines.lockLive(tx, machine.id);
      if (current.status === 'quarantined') throw quarantineProblem(machine.name);
      await this.hostKeys.seen(tx, machine.id, fingerprints);
      if (address !== null && (await this.repository.reachedAt(tx.manager, machine.id, address))) {
        await this.networks.assign(tx, machine.id);
      }
      this.state.patch(tx, machine.id, {
        status: 'active',
        lastSeenAt: this.clock.now(),
        settlesErrors: errorsOf(SETTLED_BY_SIGN_IN),
      });
      if (current.status === 'unreachable') {
        await this.publish(tx, machine.id, context, 'machine_reachable', 'info', say.answers_again());
      }
    });
  }

  /** It did not work; a changed host key is not for here. */
  async failed(machine: MachineRow, error: SshError, context: ConnectionContext): Promise<void> {
    if (error.kind === 'cancelled') return;
    await this.transactions.run(async (tx) => {
      const current = await this.machines.lockLive(tx, machine.id);
      if (current.status === 'quarantined') return;
      const silent = UNREACHABLE_KINDS.has(error.kind);
      if (ANSWERED_KINDS.has(error.kind)) await this.backAgain(tx, current, context);
      const patch: MachineStatePatch = { lastErrorKind: error.kind, lastErrorMessage: error.sentence };
      this.state.patch(tx, machine.id, silent ? { ...patch, status: 'unreachable' } : patch);
      if (silent && current.status !== 'unreachable') {
        await this.publish(tx, machine.id, context, 'machine_unreachable', 'warning', error.sentence);
      }
    });
  }

  /** It showed its host keys; nobody has signed in. That it could not be reached is settled by that. */
  async answered(machine: MachineRow, context: ConnectionContext): Promise<void> {
    if (machine.status !== 'unreachable') return;
    await this.transactions.run(async (tx) => {
      await this.backAgain(tx, await this.machines.lockLive(tx, machine.id), context);
      this.state.patch(tx, machine.id, { settlesErrors: errorsOf(UNREACHABLE_KINDS) });
    });
  }

  /** A run became root. */
  becameRoot(tx: Transaction, machineId: string): void {
    this.state.patch(tx, machineId, { settlesErrors: errorsOf(SETTLED_BY_ROOT) });
  }

  private async backAgain(tx: Transaction, machine: MachineRow, context: ConnectionContext): Promise<void> {
    if (machine.status !== 'unreachable') return;
    this.state.patch(tx, machine.id, { status: machine.lastSeenAt === null ? 'new' : 'active' });
    await this.publish(tx, machine.id, context, 'machine_reachable', 'info', say.answers_again());
  }

  private publish(
    tx: Transaction,
    machineId: string,
    { origin, jobId }: ConnectionContext,
    type: string,
    severity: 'info' | 'warning',
    message: Sentence,
  ): Promise<void> {
    return this.events.publish(tx, { type, machineId, severity, actor: origin.actor, message, jobId: jobId ?? null });
  }
}

/** Whatever met them. */
function errorsOf(kinds: ReadonlySet<string>): readonly SettledErrors[] {
  return [{ only: [...kinds] }];
}
