import { Injectable } from '@nestjs/common';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import type { JobStatus } from '../../jobs/entities/jobs.values';
import type { Estimate } from '../../jobs/gate/run-durations';
import type { ScopeDocument } from '../contracts/schedule-documents';
import type { FinalStatus, TargetStage } from '../entities/automation.values';
import { SCOPED, scopeValues } from '../scope/machine-scope';
import { overridden } from './target-overrides';
import type { Spares, Stop } from './target-steps';

/** A machine at work whose job has ended. */
export interface EndedTarget {
  readonly machineId: string;
  readonly position: number;
  readonly stage: TargetStage;
  readonly worstStatus: FinalStatus | null;
  readonly requestId: string | null;
  /** Of the maintenance window that it waited for: begun later, the change could not end inside. */
  readonly startBefore: Date | null;
  readonly windowName: string | null;
  /** Of a plan within a list: something was changed in the opening of that window already. */
  readonly windowBegun: boolean;
  /** Why it may begin outside its window: a person has said so, and not too long ago. */
  readonly windowOverride: string | null;
  /** Null: the job is gone. */
  readonly jobStatus: Exclude<JobStatus, 'queued' | 'running'> | null;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  /** Who cancelled the job. */
  readonly cancelledBy: string | null;
  /** Of a plan: the request that it made; null: there was nothing to change. */
  readonly jobRequestId: string | null;
  /** So many of its plans of this change, the last one included, were not carried out since the machine had come to differ from them. */
  readonly drifts: number;
}

/** What a machine of an occurrence came to. */
export interface TargetEnd {
  readonly machineId: string;
  readonly status: FinalStatus;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
}

/** A job that is at work on a machine now. */
export interface TargetWork {
  readonly machineId: string;
  readonly jobId: string;
}

/** A machine at work whose job waits. */
export interface UnbegunTarget {
  readonly machineId: string;
  readonly position: number;
}

/** Why machines ended as they did. */
export interface TargetReason {
  readonly kind: string;
  /** Null where they say it each in their own way, or not at all. */
  readonly message: string | null;
  readonly machines: number;
}

export interface TargetStanding {
  readonly running: number;
  /** A worker is at the job of some of them; those of the others wait for whatever is at work on their machines, or nobody reaches it. */
  readonly working: boolean;
  readonly waiting: boolean;
  /** Some that have not ended are at work or wait for no maintenance window. */
  readonly idle: boolean;
}

export interface TargetCounts {
  readonly machines: number;
  readonly waiting: number;
  readonly running: number;
  readonly ok: number;
  readonly warning: number;
  readonly error: number;
  readonly cancelled: number;
}

/** The machines of occurrences. Set-wise; whoever writes holds the row of the occurrence. */
@Injectable()
export class TargetStore {
  /** Chooses the machines. @returns how many */
  async choose(tx: Transaction, occurrenceId: string, scope: ScopeDocument, now: Date): Promise<number> {
    return affected(tx.manager, CHOOSE, [...scopeValues(scope, now), occurrenceId]);
  }

  async counts(tx: Transaction, occurrenceId: string): Promise<TargetCounts> {
    const counts = await queryOne<TargetCounts>(tx.manager, COUNTS, [occurrenceId]);
    if (counts === null) throw new Error('a count has no row');
    return counts;
  }

  /** What keeps machines from ending well, what most have first. */
  async reasons(tx: Transaction, occurrenceId: string): Promise<TargetReason[]> {
    return queryRows<TargetReason>(tx.manager, REASONS, [occurrenceId]);
  }

  /** How many are at work, and whether some wait: both cheap, however many there are. */
  async standing(tx: Transaction, occurrenceId: string, now: Date): Promise<TargetStanding> {
    const row = await queryOne<TargetStanding>(tx.manager, STANDING, [occurrenceId, now]);
    return row ?? { running: 0, working: false, waiting: false, idle: false };
  }

  /**
   * The places of a schedule, for all of its runs together: until the end of `tx` no other run of it gives one away. Taken before
   * the queue of any machine.
   */
  async holdPlaces(tx: Transaction, scheduleId: string): Promise<void> {
    await queryRows(tx.manager, HOLD_PLACES, [scheduleId]);
  }

  /** How many machines are at work, over all runs of a schedule. */
  async placesTaken(tx: Transaction, scheduleId: string): Promise<number> {
    const row = await queryOne<{ running: number }>(tx.manager, PLACES_TAKEN, [scheduleId]);
    return row?.running ?? 0;
  }

  async ended(tx: Transaction, occurrenceId: string, now: Date, limit: number): Promise<EndedTarget[]> {
    return queryRows<EndedTarget>(tx.manager, ENDED, [occurrenceId, limit, now]);
  }

  /** The jobs at work that are this occurrence's alone, those that have not begun or all. What others want too is not its to end. */
  async ownJobs(
    tx: Transaction,
    occurrenceId: string,
    which: { readonly unbegun: boolean; readonly spares: Spares; readonly limit: number | null },
    now: Date,
  ): Promise<TargetWork[]> {
    return queryRows<TargetWork>(tx.manager, OWN_JOBS, [occurrenceId, which.spares, which.unbegun, now, which.limit]);
  }

  /** The machines at work whose job has not begun, though it is not this occurrence's to end. */
  async unbegun(tx: Transaction, occurrenceId: string, spares: Spares, now: Date): Promise<UnbegunTarget[]> {
    return queryRows<UnbegunTarget>(tx.manager, UNBEGUN, [occurrenceId, spares, now]);
  }

  async begin(
    tx: Transaction,
    occurrenceId: string,
    work: readonly TargetWork[],
    step: { readonly position: number; readonly stage: TargetStage; readonly now: Date },
    requestId: string | null = null,
  ): Promise<void> {
    if (work.length === 0) return;
    const machineIds = work.map(({ machineId }) => machineId);
    const jobIds = work.map(({ jobId }) => jobId);
    const { position, stage, now } = step;
    await affected(tx.manager, BEGIN, [occurrenceId, machineIds, jobIds, position, stage, requestId, now]);
  }

  /** The worst of what a machine's actions came to so far. */
  async note(tx: Transaction, occurrenceId: string, machineIds: readonly string[], worst: FinalStatus): Promise<void> {
    if (machineIds.length === 0) return;
    await affected(tx.manager, NOTE, [occurrenceId, machineIds, worst]);
  }

  /** So long the change, and what follows it, should take; null: nobody had to know. */
  async noteEstimate(
    tx: Transaction,
    occurrenceId: string,
    machineId: string,
    estimate: Estimate | null,
  ): Promise<void> {
    const { seconds = null, basis = null } = estimate ?? {};
    await affected(tx.manager, NOTE_ESTIMATE, [occurrenceId, machineId, seconds, basis]);
  }

  /** A change was approved outside the window: what follows it on the machine is not held back either. */
  async noteOverridden(tx: Transaction, occurrenceId: string, machineId: string): Promise<void> {
    await affected(tx.manager, NOTE_OVERRIDDEN, [occurrenceId, machineId]);
  }

  async keepRequest(tx: Transaction, occurrenceId: string, machineId: string, requestId: string): Promise<void> {
    await affected(tx.manager, KEEP_REQUEST, [occurrenceId, machineId, requestId]);
  }

  /** The plan was not carried out, and is made anew: the next one takes its place. */
  async leaveRequest(tx: Transaction, occurrenceId: string, machineIds: readonly string[]): Promise<void> {
    if (machineIds.length > 0) await affected(tx.manager, LEAVE_REQUEST, [occurrenceId, machineIds]);
  }

  async end(tx: Transaction, occurrenceId: string, ends: readonly TargetEnd[], now: Date): Promise<void> {
    if (ends.length === 0) return;
    await affected(tx.manager, END, [
      occurrenceId,
      ends.map(({ machineId }) => machineId),
      ends.map(({ status }) => status),
      ends.map(({ errorKind }) => errorKind),
      ends.map(({ errorMessage }) => errorMessage),
      now,
    ]);
  }

  /** Ends a machine with an error that is at work on no more than this plan. @returns whether it was */
  async endPlanned(
    tx: Transaction,
    occurrenceId: string,
    plan: { readonly machineId: string; readonly requestId: string; readonly kind: string; readonly message: string },
  ): Promise<boolean> {
    const { machineId, requestId, kind, message } = plan;
    return (await affected(tx.manager, END_PLANNED, [occurrenceId, machineId, requestId, kind, message])) > 0;
  }

  /** Ends every machine that waits for its window and does so in a later run, too. */
  async cancelHeldAnew(tx: Transaction, occurrenceId: string, message: string, now: Date): Promise<void> {
    await affected(tx.manager, HELD_ANEW, [occurrenceId, message, now]);
  }

  /** Ends every machine that waits, but for those that the stop spares. @returns how many */
  async cancelWaiting(tx: Transaction, occurrenceId: string, stop: Stop, now: Date): Promise<number> {
    return affected(tx.manager, CANCEL_WAITING, [occurrenceId, stop.spares, stop.kind, stop.message, now]);
  }
}

/**
 * A later run holds the machine for a window as early, or has changed it in one (one that a person began only once that opens: they may stop it), and nothing was changed in this one: both would do everything there twice. A person who let it begin before
 * that meant this one.
 */
const HELD_ANEW = `
  UPDATE schedule_occurrence_targets t SET status = 'cancelled', error_kind = 'missed', error_message = $2, finished_at = $3
  FROM schedule_occurrences o
  WHERE o.id = $1 AND t.occurrence_id = o.id AND t.status = 'queued' AND t.start_before IS NOT NULL
    AND NOT ${overridden('$3')} AND EXISTS (
      SELECT 1 FROM schedule_occurrences later JOIN schedule_occurrence_targets anew ON anew.occurrence_id = later.id
      WHERE later.schedule_id = o.schedule_id AND later.due_at > o.due_at AND later.due_at <= $3 AND anew.machine_id = t.machine_id
        AND later.cancel_requested_at IS NULL AND (later.trigger = 'schedule' OR t.resume_at <= $3)
        AND (anew.status <> 'queued' OR anew.resume_at <= t.resume_at)
        AND anew.start_before IS NOT NULL AND anew.status IN ('queued', 'running', 'ok', 'warning'))
    AND NOT EXISTS (
      SELECT 1 FROM action_requests r JOIN jobs j ON j.request_id = r.id AND j.kind = r.action
      WHERE r.occurrence_id = t.occurrence_id AND r.machine_id = t.machine_id AND j.status IN ('ok', 'warning'))`;

/**
 * Which targets `t` a stop does not spare; $2 says how it does, `now` what time it is. A latest start that has passed spares nothing that a
 * person has not let begin all the same. What a machine has begun in its window goes on, unless its next job has waited for an hour.
 */
export const notSpared = (now: string): string =>
  `($2 = 'none' OR ((t.start_before IS NULL OR (t.start_before <= ${now} AND NOT ${overridden(now)} AND (
      (t.position = 0 AND t.worst_status IS NULL)
      OR EXISTS (SELECT 1 FROM jobs w WHERE w.id = t.job_id AND w.created_at <= ${now} - interval '1 hour'))))
    AND ($2 = 'held' OR (t.position = 0 AND t.worst_status IS NULL))))`;

/**
 * First come those whose turn did not come in the most runs in a row, the others in an order of this run alone: in a window that is
 * too short for all it is never the same ones that are left.
 */
const CHOOSE = `${SCOPED}, previous AS (
    SELECT o.id FROM schedule_occurrences o JOIN schedule_occurrences this ON this.schedule_id = o.schedule_id
    WHERE this.id = $9::uuid AND o.due_at < this.due_at AND o.machines_count > 0 ORDER BY o.due_at DESC LIMIT 1),
  lined AS (
    SELECT s.id, CASE WHEN t.status = 'queued' OR (t.status = 'cancelled' AND t.error_kind IN ('window_expired', 'cancelled', 'missed'))
        OR (t.status = 'running' AND t.position = 0 AND t.worst_status IS NULL
          AND (t.stage = 'plan' OR EXISTS (SELECT 1 FROM jobs j WHERE j.id = t.job_id AND j.status IN ('queued', 'cancelled'))))
      THEN t.waited_runs + 1 ELSE 0 END AS waited_runs
    FROM scoped s LEFT JOIN previous ON true
      LEFT JOIN schedule_occurrence_targets t ON t.occurrence_id = previous.id AND t.machine_id = s.id
    WHERE s.matches)
  INSERT INTO schedule_occurrence_targets (occurrence_id, machine_id, status, waited_runs, turn)
  SELECT $9::uuid, id, 'queued', waited_runs, row_number() OVER (ORDER BY waited_runs DESC, md5($9::uuid::text || id::text), id)
  FROM lined ON CONFLICT DO NOTHING`;

const COUNTS = `
  SELECT count(*)::integer AS machines, count(*) FILTER (WHERE status = 'queued')::integer AS waiting,
    count(*) FILTER (WHERE status = 'running')::integer AS running, count(*) FILTER (WHERE status = 'ok')::integer AS ok,
    count(*) FILTER (WHERE status = 'warning')::integer AS warning, count(*) FILTER (WHERE status = 'error')::integer AS error,
    count(*) FILTER (WHERE status = 'cancelled')::integer AS cancelled
  FROM schedule_occurrence_targets WHERE occurrence_id = $1`;

const REASONS = `
  SELECT error_kind AS kind, count(*)::integer AS machines,
    CASE WHEN count(DISTINCT error_message) = 1 AND count(error_message) = count(*) THEN min(error_message) END AS message
  FROM schedule_occurrence_targets WHERE occurrence_id = $1 AND error_kind IS NOT NULL
  GROUP BY error_kind ORDER BY machines DESC, kind`;

const STANDING = `
  SELECT (SELECT count(*)::integer FROM schedule_occurrence_targets WHERE occurrence_id = $1 AND status = 'running') AS running,
    EXISTS (SELECT 1 FROM schedule_occurrence_targets WHERE occurrence_id = $1 AND status = 'queued') AS waiting,
    EXISTS (SELECT 1 FROM schedule_occurrence_targets t JOIN jobs j ON j.id = t.job_id
      WHERE t.occurrence_id = $1 AND t.status = 'running' AND ((j.status <> 'queued' AND j.phase IS DISTINCT FROM 'reconciling') OR t.start_before > $2)) AS working,
    EXISTS (SELECT 1 FROM schedule_occurrence_targets WHERE occurrence_id = $1 AND (status = 'queued' AND start_before IS NULL OR status = 'running' AND (start_before IS NULL OR start_before <= $2))) AS idle`;

const HOLD_PLACES = `SELECT pg_advisory_xact_lock(hashtext('schedule_places'), hashtext($1))`;

const PLACES_TAKEN = `
  SELECT count(*)::integer AS running
  FROM schedule_occurrences o JOIN schedule_occurrence_targets t ON t.occurrence_id = o.id AND t.status = 'running'
  WHERE o.schedule_id = $1 AND o.status IN ('queued', 'running')`;

const ENDED = `
  SELECT t.machine_id AS "machineId", t.position, t.stage, t.worst_status AS "worstStatus", t.request_id AS "requestId",
    t.start_before AS "startBefore", t.window_name AS "windowName",
    t.stage = 'plan' AND t.position > 0 AND EXISTS (
      SELECT 1 FROM action_requests r JOIN jobs c ON c.request_id = r.id AND c.kind = r.action
      WHERE r.occurrence_id = t.occurrence_id AND r.machine_id = t.machine_id AND c.started_at >= t.resume_at
        AND c.status IN ('ok', 'warning')) AS "windowBegun",
    CASE WHEN ${overridden('$3')} THEN t.window_override END AS "windowOverride", j.status AS "jobStatus", j.error_kind AS "errorKind", j.error_message AS "errorMessage",
    j.cancel_requested_by AS "cancelledBy", j.request_id AS "jobRequestId",
    CASE WHEN t.stage = 'run' AND j.error_kind = 'plan_drifted' THEN (
      SELECT count(*)::integer FROM jobs d JOIN action_requests r ON r.id = d.request_id
      WHERE d.machine_id = t.machine_id AND d.kind = j.kind AND d.error_kind = 'plan_drifted' AND r.occurrence_id = t.occurrence_id)
      ELSE 0 END AS drifts
  FROM schedule_occurrence_targets t LEFT JOIN jobs j ON j.id = t.job_id
  WHERE t.occurrence_id = $1 AND t.status = 'running' AND (j.id IS NULL OR j.status NOT IN ('queued', 'running'))
  ORDER BY t.machine_id LIMIT $2`;

/** Another run that is to end as well needs the job no more than this one. */
const OWN_JOBS = `
  SELECT t.machine_id AS "machineId", t.job_id AS "jobId" FROM schedule_occurrence_targets t
    JOIN schedule_occurrences o ON o.id = t.occurrence_id JOIN jobs j ON j.id = t.job_id
  WHERE t.occurrence_id = $1 AND t.status = 'running' AND (j.status = 'queued' OR (j.status = 'running' AND NOT $3))
    AND ${notSpared('$4')} AND j.schedule_id = o.schedule_id AND NOT j.shared AND NOT EXISTS (
      SELECT 1 FROM schedule_occurrence_targets other JOIN schedule_occurrences run ON run.id = other.occurrence_id
      WHERE other.machine_id = t.machine_id AND other.job_id = t.job_id AND other.occurrence_id <> t.occurrence_id
        AND other.status = 'running' AND run.cancel_requested_at IS NULL AND (run.expires_at IS NULL OR run.expires_at > $4))
  ORDER BY j.status DESC, t.machine_id LIMIT $5`;

const UNBEGUN = `
  SELECT t.machine_id AS "machineId", t.position FROM schedule_occurrence_targets t JOIN jobs j ON j.id = t.job_id
  WHERE t.occurrence_id = $1 AND t.status = 'running' AND j.status = 'queued' AND ${notSpared('$3')}`;

const BEGIN = `
  UPDATE schedule_occurrence_targets t SET status = 'running', job_id = work.job_id, position = $4, stage = $5,
    request_id = COALESCE($6::uuid, t.request_id), started_at = COALESCE(t.started_at, $7)
  FROM unnest($2::uuid[], $3::uuid[]) AS work (machine_id, job_id)
  WHERE t.occurrence_id = $1 AND t.machine_id = work.machine_id`;

const NOTE = `
  UPDATE schedule_occurrence_targets SET worst_status = $3 WHERE occurrence_id = $1 AND machine_id = ANY ($2::uuid[])`;

const NOTE_ESTIMATE = `
  UPDATE schedule_occurrence_targets SET estimate_seconds = $3, estimate_basis = $4
  WHERE occurrence_id = $1 AND machine_id = $2`;

const NOTE_OVERRIDDEN = `
  UPDATE schedule_occurrence_targets SET window_override_until = NULL WHERE occurrence_id = $1 AND machine_id = $2`;

const KEEP_REQUEST = `
  UPDATE schedule_occurrence_targets SET request_id = $3 WHERE occurrence_id = $1 AND machine_id = $2`;

const LEAVE_REQUEST = `
  UPDATE schedule_occurrence_targets SET request_id = NULL WHERE occurrence_id = $1 AND machine_id = ANY ($2::uuid[])`;

const END = `
  UPDATE schedule_occurrence_targets t SET status = ended.status, error_kind = ended.error_kind,
    error_message = ended.error_message, finished_at = $6
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS ended (machine_id, status, error_kind, error_message)
  WHERE t.occurrence_id = $1 AND t.machine_id = ended.machine_id`;

const END_PLANNED = `
  UPDATE schedule_occurrence_targets t SET status = 'error', error_kind = $4, error_message = $5, finished_at = database_now()
  FROM jobs j WHERE t.occurrence_id = $1 AND t.machine_id = $2 AND t.status = 'running' AND t.stage = 'plan'
    AND j.id = t.job_id AND j.request_id = $3`;

const CANCEL_WAITING = `
  UPDATE schedule_occurrence_targets t SET status = 'cancelled', error_kind = $3, error_message = $4, finished_at = $5
  WHERE occurrence_id = $1 AND status = 'queued' AND ${notSpared('$5')}`;
