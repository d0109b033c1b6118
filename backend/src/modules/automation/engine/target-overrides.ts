import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import { Contracts } from '../../../kernel/contracts/contracts';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import { say } from '../automation.sentences';
import { SCHEDULE_DEFINITION, type DefinitionDocument } from '../contracts/schedule-documents';

/** A machine of a run, and what the run does. */
interface HeldRow {
  readonly schedule_id: string;
  readonly definition_json: unknown;
  readonly position: number;
}

/** Lets a machine of a run begin that waits for its maintenance window, because a person says why. */
@Injectable()
export class TargetOverrides {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly registry: ActionRegistry,
    private readonly contracts: Contracts,
    private readonly clock: DatabaseClock,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Its turn comes next, and what is left of the run's actions is done there one after the other. It has to begin for as long as a plan
   * is valid that was confirmed just now: where no place becomes free by then, it waits for its window again.
   * @throws DomainError 404, or 409 `not_held` when it does not wait for a window (any more)
   */
  async begin(occurrenceId: string, machineId: string, reason: string, by: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      await queryOne(tx.manager, 'SELECT id FROM schedule_occurrences WHERE id = $1 FOR UPDATE', [occurrenceId]);
      const target = await queryOne<HeldRow>(tx.manager, TARGET, [occurrenceId, machineId]);
      if (target === null) throw notFound('machine');
      const action = this.actionAt(target);
      const declaration = action === null ? undefined : this.registry.findChange(action)?.declaration;
      const values = [occurrenceId, machineId, reason, by.actor.name, declaration?.validForSeconds];
      const now = await this.clock.now(tx.manager);
      if (
        action === null ||
        declaration === undefined ||
        (await affected(tx.manager, OVERRIDE, [...values, now])) === 0
      )
        throw new DomainError({ code: 'not_held', status: 409, detail: say.machine_not_held() });
      await this.record(tx, occurrenceId, machineId, { action, reason }, by);
      this.bus.changed(tx, { scheduleIds: [target.schedule_id] });
    });
  }

  private async record(
    tx: Transaction,
    occurrenceId: string,
    machineId: string,
    details: { readonly action: string; readonly reason: string },
    by: RequestOrigin,
  ): Promise<void> {
    await this.audit.record(tx.manager, {
      ...by,
      action: 'window.overridden',
      objectType: 'schedule_occurrence',
      objectId: occurrenceId,
      machineId,
      outcome: 'ok',
      details,
    });
  }

  private actionAt({ definition_json, position }: HeldRow): string | null {
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, definition_json);
    return reading.readable ? (reading.document.actions[position]?.action ?? null) : null;
  }
}

/**
 * Whether a person has let `t` begin outside its window: for a while, and for good once its change was approved so.
 * @param now as it stands in the statement
 */
export function overridden(now: string): string {
  return `(t.window_override IS NOT NULL AND (t.window_override_until IS NULL OR t.window_override_until > ${now}))`;
}

const TARGET = `
  SELECT o.schedule_id, o.definition_json, t.position
  FROM schedule_occurrences o JOIN schedule_occurrence_targets t ON t.occurrence_id = o.id
  WHERE o.id = $1 AND t.machine_id = $2`;

/** What its change needs may still be fetched: it begins when that is there. */
const OVERRIDE = `
  UPDATE schedule_occurrence_targets t SET turn = 0, window_override = $3, window_override_by = $4,
    window_override_until = $6::timestamptz + make_interval(secs => $5::int)
  FROM schedule_occurrences o
  WHERE t.occurrence_id = $1 AND t.machine_id = $2 AND o.id = t.occurrence_id AND o.status = 'running'
    AND o.cancel_requested_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > $6)
    AND (t.status = 'queued' OR (t.status = 'running' AND t.stage = 'download'))
    AND t.resume_at > $6 AND t.start_before > $6 AND NOT ${overridden('$6')}`;
