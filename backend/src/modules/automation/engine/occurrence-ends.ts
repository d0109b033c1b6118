import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { affected, queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainEvents } from '../../../kernel/events/domain-events';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import type { FinalStatus } from '../entities/automation.values';
import { TargetStore, type TargetCounts } from './target-store';
import { scheduleActor, type RunningOccurrence } from './target-worker';

/** Why an occurrence ended without a machine. */
interface Failure {
  readonly kind: string;
  readonly message: string;
}

/** Ends occurrences, and tells of it. */
@Injectable()
export class OccurrenceEnds {
  constructor(
    private readonly targets: TargetStore,
    private readonly events: DomainEvents,
    private readonly bus: LiveBus,
  ) {}

  /** The last of its machines has ended. */
  async end(tx: Transaction, occurrence: RunningOccurrence): Promise<void> {
    const { id, scheduleId, definition, now, stop } = occurrence;
    const counts = await this.targets.counts(tx, id);
    const status = statusOf(counts);
    const nothing = counts.ok + counts.warning + counts.error === 0 ? stop : null;
    await affected(tx.manager, END, [
      id,
      status,
      nothing?.kind ?? null,
      nothing?.message ?? null,
      counts.ok,
      counts.warning,
      counts.error,
      counts.cancelled,
      now,
    ]);
    await this.tell(
      tx,
      { id, scheduleId, actor: scheduleActor(occurrence), status, counts },
      messageOf(definition.name, counts),
    );
  }

  /** It ends before it has begun on a machine: `error` when that is a fault, else `cancelled`. */
  async fail(
    tx: Transaction,
    { id, schedule_id: scheduleId }: { readonly id: string; readonly schedule_id: string },
    { kind, message }: Failure,
    now: Date,
  ): Promise<void> {
    const status = kind === 'definition_unreadable' ? 'error' : 'cancelled';
    await affected(tx.manager, FAIL, [id, status, kind, message, now]);
    const schedule = await queryOne<{ name: string }>(tx.manager, 'SELECT name FROM schedules WHERE id = $1', [
      scheduleId,
    ]);
    const name = schedule?.name ?? scheduleId;
    const said = kind === 'scope_empty' ? say.ended_empty({ name }) : say.ended_late({ name });
    const actor = { type: 'schedule', id: scheduleId, name } as const;
    await this.tell(tx, { id, scheduleId, actor, status, counts: null }, said);
  }

  private async tell(
    tx: Transaction,
    end: { id: string; scheduleId: string; actor: Actor; status: FinalStatus; counts: TargetCounts | null },
    message: Sentence,
  ): Promise<void> {
    const { id, scheduleId, actor, status, counts } = end;
    await this.events.publish(tx, {
      type: 'schedule_occurrence_ended',
      machineId: null,
      severity: status === 'error' || status === 'warning' ? status : 'info',
      actor,
      message,
      payload: { occurrenceId: id, scheduleId, status, counts },
    });
    this.bus.changed(tx, { scheduleIds: [scheduleId] });
  }
}

/** The worst of its machines; that some were left out is worth a look. */
function statusOf({ ok, warning, error, cancelled }: TargetCounts): FinalStatus {
  if (error > 0) return 'error';
  if (ok + warning === 0) return 'cancelled';
  return warning + cancelled > 0 ? 'warning' : 'ok';
}

function messageOf(name: string, { machines, error, warning, cancelled }: TargetCounts): Sentence {
  if (error + warning + cancelled === 0) return say.ended({ name, machines });
  return say.ended_with({ name, machines, errors: error, warnings: warning, cancelled });
}

const END = `
  UPDATE schedule_occurrences SET status = $2, error_kind = $3, error_message = $4, ok_count = $5, warning_count = $6,
    error_count = $7, cancelled_count = $8, finished_at = $9
  WHERE id = $1`;

const FAIL = `
  UPDATE schedule_occurrences SET status = $2, error_kind = $3, error_message = $4, finished_at = $5 WHERE id = $1`;
