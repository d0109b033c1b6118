import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import { originOf } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import { affected } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainEvents } from '../../../kernel/events/domain-events';
import { say } from '../automation.sentences';

/** A run whose policy is not the one that was confirmed. */
export interface RefusedRun {
  readonly id: string;
  readonly scheduleId: string;
  readonly now: Date;
}

/** Tells, once of each run, that its policy decided nothing because it is not the one that was confirmed. */
@Injectable()
export class PolicyRefusals {
  constructor(
    private readonly audit: AuditLog,
    private readonly events: DomainEvents,
  ) {}

  async note(tx: Transaction, { id: occurrenceId, scheduleId, now }: RefusedRun, actor: Actor): Promise<void> {
    if ((await affected(tx.manager, NOTE, [occurrenceId, now])) === 0) return;
    await this.audit.record(tx.manager, {
      ...originOf(actor),
      action: 'schedule.policy_refused',
      objectType: 'schedule',
      objectId: scheduleId,
      outcome: 'denied',
      details: { name: actor.name, occurrenceId },
    });
    await this.events.publish(tx, {
      type: 'schedule_policy_refused',
      machineId: null,
      severity: 'error',
      actor,
      message: say.policy_refused({ name: actor.name }),
      payload: { occurrenceId, scheduleId },
    });
  }
}

const NOTE = `
  UPDATE schedule_occurrences SET policy_refused_at = $2 WHERE id = $1 AND policy_refused_at IS NULL`;
