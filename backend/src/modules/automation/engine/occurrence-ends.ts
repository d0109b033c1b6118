import { Injectable } from '@nestjs/common';
import { affected, queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../automation.sentences';
import type { FinalStatus } from '../entities/automation.values';
import { OccurrenceNews } from './occurrence-news';
import type { Stop } from './target-steps';
import { TargetStore, type TargetCounts, type TargetReason } from './target-store';
import { scheduleActor, type RunningOccurrence } from './target-worker';

/** Why an occurrence ended without a machine. */
interface Failure {
  readonly kind: 'definition_unreadable' | 'scope_empty' | Stop['kind'];
  readonly message: string;
}

const failures = {
  definition_unreadable: say.ended_unreadable,
  scope_empty: say.ended_empty,
  window_expired: say.ended_late,
  missed: say.ended_late,
  cancelled: say.ended_cancelled,
} as const satisfies Record<Failure['kind'], unknown>;

/** Ends occurrences, and tells of it. */
@Injectable()
export class OccurrenceEnds {
  constructor(
    private readonly targets: TargetStore,
    private readonly news: OccurrenceNews,
    private readonly bus: LiveBus,
  ) {}

  /** The last of its machines has ended. */
  async end(tx: Transaction, occurrence: RunningOccurrence): Promise<void> {
    const { id, scheduleId, definition, now, stop } = occurrence;
    const counts = await this.targets.counts(tx, id);
    const reasons = await this.targets.reasons(tx, id);
    const status = statusOf(counts);
    const why = status === 'cancelled' ? sharedReason(reasons, stop) : null;
    const { ok, warning, error, cancelled } = counts;
    await affected(tx.manager, END, [
      id,
      status,
      why?.kind ?? null,
      why?.message ?? null,
      ok,
      warning,
      error,
      cancelled,
      now,
    ]);
    const approvalNeeded = reasons.find(({ kind }) => kind === 'approval_needed')?.machines ?? 0;
    await this.news.ended(
      tx,
      {
        id,
        scheduleId,
        actor: scheduleActor(occurrence),
        status,
        errorKind: why?.kind ?? null,
        counts,
        approvalNeeded,
      },
      messageOf(definition.name, counts),
    );
    this.bus.changed(tx, { scheduleIds: [scheduleId] });
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
    const actor = { type: 'schedule', id: scheduleId, name } as const;
    const end = { id, scheduleId, actor, status, errorKind: kind, counts: null, approvalNeeded: 0 } as const;
    await this.news.ended(tx, end, failures[kind]({ name }));
    this.bus.changed(tx, { scheduleIds: [scheduleId] });
  }
}

/** Why no machine was changed: what stopped the occurrence where that is it, else what they share. */
function sharedReason(reasons: readonly TargetReason[], stop: Stop | null): { kind: string; message: string } | null {
  const [first, ...others] = reasons;
  if (stop !== null && (first === undefined || reasons.some(({ kind }) => kind === stop.kind))) return stop;
  if (first === undefined) return null;
  const message = others.length === 0 ? first.message : null;
  return { kind: first.kind, message: message ?? say.none_changed() };
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
