import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError, invalidInput } from '../../kernel/errors/domain-error';
import { DomainEvents } from '../../kernel/events/domain-events';
import { LiveBus } from '../../kernel/live/live-bus';
import { say } from './machines.sentences';
import { MachinesRepository, type MachineRow } from './machines.repository';
import { MachineTombstones } from './machine-tombstones';

/** Years of history of one machine go in one transaction; nobody waits for its rows. */
const TIME_LIMIT = '10min';

/** Removes a machine and everything that is known about it, for ever. Its audit stays, and a tombstone. */
@Injectable()
export class MachinePurge {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly repository: MachinesRepository,
    private readonly tombstones: MachineTombstones,
    private readonly events: DomainEvents,
    private readonly audit: AuditLog,
    private readonly live: LiveBus,
    private readonly clock: Clock,
  ) {}

  /**
   * @param typedName the machine's name, as the administrator typed it
   * @throws DomainError `not_found`, `machine_purged`, `machine_not_archived`, `machine_busy`, or naming the field
   */
  async purge(id: string, typedName: string, origin: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      await tx.manager.query(`SET LOCAL statement_timeout = '${TIME_LIMIT}'`);
      const machine = await this.repository.lock(tx.manager, id);
      if (machine === null) throw await this.tombstones.absence(id);
      await this.refuse(tx, machine, typedName);
      const { actor } = origin;
      const { name, hostname, port } = machine;
      await this.audit.record(tx.manager, {
        ...origin,
        action: 'machine.purged',
        objectType: 'machine',
        objectId: id,
        machineId: id,
        outcome: 'ok',
        details: { name, hostname, port },
      });
      const message = say.purged({ who: actor.name, name });
      // Other rooms let go of what they hold outside the rows that go with the machine.
      await this.events.publish(tx, { type: 'machine_purged', machineId: id, severity: 'warning', actor, message });
      await this.tombstones.set(tx.manager, machine, this.clock.now(), actor);
      await this.repository.remove(tx.manager, id);
      this.live.changed(tx, { machineIds: [id] });
    });
  }

  private async refuse(tx: Transaction, machine: MachineRow, typedName: string): Promise<void> {
    if (machine.deletedAt === null) {
      throw new DomainError({
        code: 'machine_not_archived',
        status: 409,
        detail: say.not_archived({ name: machine.name }),
        action: say.archive_first(),
      });
    }
    if (typedName !== machine.name) {
      throw invalidInput([{ field: 'name', message: say.typed_name({ field: 'name' }) }]);
    }
    if ((await this.repository.runningJobId(tx.manager, machine.id)) !== null) {
      throw new DomainError({ code: 'machine_busy', status: 409, detail: say.busy(), action: say.busy_action() });
    }
  }
}
