import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../../kernel/auth/actor';
import { Contracts } from '../../kernel/contracts/contracts';
import { unreadable } from '../../kernel/contracts/document.dto';
import { prepared } from '../../kernel/database/prepared';
import { queryOne, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { decodeCursor, encodeCursor, keyForms } from '../../kernel/http/keyset-cursor';
import type { CreatedCursor, Page, PageRequest } from '../../kernel/http/keyset-page';
import {
  JOB_RESULT,
  JOB_STEPS,
  stepsOf,
  type JobResultDocument,
  type JobStepsDocument,
} from './contracts/job-documents';
import { parametersName, type JobParametersDocument } from './contracts/job-parameters';
import type { JobStatus } from './entities/jobs.values';
import { requester, type DeadLetterFacts, type JobRecord } from './job-record';
import { LETTER_IS_OPEN } from './letters/open-letters';
import { turnOf } from './turns';
import { standingsOf } from './waiting/standings';
import { waitingOn, type WaitingOn } from './waiting/waiting';

interface JobRow {
  id: string;
  kind: string;
  machine_id: string;
  machine_name: string;
  status: JobStatus;
  phase: string | null;
  step: string | null;
  steps_json: unknown;
  priority: number;
  attempt: number;
  max_attempts: number;
  created_at: Date;
  available_at: Date | null;
  start_before: Date | null;
  window_name: string | null;
  window_override: string | null;
  started_at: Date | null;
  finished_at: Date | null;
  requested_by_type: Actor['type'] | null;
  requested_by_id: string | null;
  requested_by_name: string | null;
  cancel_requested_at: Date | null;
  force_requested_at: Date | null;
  contact_at: Date | null;
  error_kind: string | null;
  error_message: string | null;
  result_json: unknown;
  last_seq: string;
  request_id: string | null;
  died_at: Date | null;
  settled_at: Date | null;
  settled_by: string | null;
  letter_open: boolean;
  redriven_as: string | null;
  redrive_of: string | null;
}

/** What a dead letter came to is looked up for dead letters only. */
const SELECT_JOB = `
  SELECT j.id, j.kind, j.machine_id, m.name AS machine_name, j.status, j.phase, j.step, j.steps_json, j.priority, j.attempt,
    j.max_attempts, j.created_at, j.available_at, j.start_before, j.window_name, j.window_override, j.started_at, j.finished_at, j.requested_by_type, j.requested_by_id, j.requested_by_name,
    j.cancel_requested_at, j.force_requested_at, j.contact_at, j.error_kind, j.error_message, j.result_json, j.last_seq, j.request_id,
    j.died_at, j.settled_at, j.settled_by, j.redrive_of,
    CASE WHEN j.died_at IS NULL THEN false ELSE ${LETTER_IS_OPEN} END AS letter_open,
    CASE WHEN j.died_at IS NOT NULL THEN (
      SELECT r.id FROM jobs r WHERE r.redrive_of = j.id ORDER BY r.created_at LIMIT 1) END AS redriven_as
  FROM jobs j JOIN machines m ON m.id = j.machine_id`;

const BY_ID = prepared(`${SELECT_JOB} WHERE j.id = $1`);

const RECENT = 20;
/** More than this running is not told one by one. */
const ACTIVITY_LIMIT = 500;
/** Of what waits the head of the line; the rest comes page by page. */
const WAITING_HEAD = 200;
const WAITING = 'jobs-waiting';
/** As PostgreSQL prints a turn. */
const turnForm = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/;
/** Further back in a line nobody looks at each step of its head. */
const BEHIND_LIMIT = 50;

export interface JobFilter {
  readonly statuses?: readonly JobStatus[];
  readonly machineId?: string;
}

export interface JobActivity {
  readonly running: JobRecord[];
  readonly waiting: Page<JobRecord>;
  readonly recent: JobRecord[];
  /** All of them, not only those that are told. */
  readonly counts: ActivityCounts;
}

/** What a job that is over was to do, and how it ended. */
export interface EndedJob {
  readonly id: string;
  readonly kind: string;
  readonly status: Exclude<JobStatus, 'queued' | 'running' | 'cancelled'>;
  readonly finishedAt: Date;
  readonly errorKind: string | null;
  /** With defaults filled in, in the action's current form; null when this program cannot read them. */
  readonly parameters: Record<string, unknown> | null;
}

type EndedRow = Omit<EndedJob, 'parameters'> & { readonly stored: unknown };

export interface ActivityCounts {
  readonly running: number;
  readonly waiting: number;
}

/** Reads jobs. */
@Injectable()
export class JobsReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<JobRecord | null> {
    const row = await queryOne<JobRow>(manager, BY_ID, [id]);
    return row === null ? null : ((await this.toRecords([row], manager))[0] ?? null);
  }

  async byIds(ids: readonly string[]): Promise<JobRecord[]> {
    if (ids.length === 0) return [];
    return this.list('WHERE j.id = ANY($1::uuid[])', [ids]);
  }

  /** Newest first. */
  async page(filter: JobFilter, limit: number, after: CreatedCursor | null): Promise<JobRecord[]> {
    return this.list(
      `WHERE ($1::text[] IS NULL OR j.status = ANY($1)) AND ($2::uuid IS NULL OR j.machine_id = $2)
         AND ($3::timestamptz IS NULL OR (j.created_at, j.id) < ($3, $4::uuid))
       ORDER BY j.created_at DESC, j.id DESC LIMIT $5`,
      [filter.statuses ?? null, filter.machineId ?? null, after?.createdAt ?? null, after?.id ?? null, limit],
    );
  }

  /**
   * Jobs of these actions, or of any, on the machine that have come to their end since, those that began last first. What was cancelled
   * has not.
   */
  async endedSince(
    machineId: string,
    kinds: readonly string[] | 'any',
    since: Date,
    limit: number,
  ): Promise<EndedJob[]> {
    return this.ended(
      // To the millisecond, as people are told when a job ended: the one that ended then is not after it.
      `($2::text[] IS NULL OR kind = ANY($2)) AND date_trunc('milliseconds', finished_at) > $3`,
      [machineId, kinds === 'any' ? null : kinds, since, limit],
    );
  }

  /** The last job of this action on the machine that had ended by then; null: none had. */
  async lastEnded(machineId: string, kind: string, until: Date): Promise<EndedJob | null> {
    const [last = null] = await this.ended(`kind = $2 AND date_trunc('milliseconds', finished_at) <= $3`, [
      machineId,
      kind,
      until,
      1,
    ]);
    return last;
  }

  /** The last job of this action on the machine that ended with this error; null: none did. */
  async lastFailed(tx: Transaction, machineId: string, kind: string, errorKind: string): Promise<EndedJob | null> {
    const which = `kind = $2 AND status = 'error' AND error_kind = $3`;
    const [last = null] = await this.ended(which, [machineId, kind, errorKind, 1], tx.manager);
    return last;
  }

  /** This job of this action on the machine, which ended with an error; null: it is gone by now. */
  async failed(tx: Transaction, machineId: string, kind: string, id: string): Promise<EndedJob | null> {
    const [job = null] = await this.ended(`kind = $2 AND id = $3::uuid`, [machineId, kind, id, 1], tx.manager);
    return job;
  }

  async activity(): Promise<JobActivity> {
    const [running, waiting, recent, counts] = await Promise.all([
      this.list(`WHERE j.status = 'running' ORDER BY j.started_at, j.id LIMIT $1`, [ACTIVITY_LIMIT]),
      this.waiting({ limit: WAITING_HEAD }),
      this.list(
        `WHERE j.status IN ('ok', 'warning', 'error', 'cancelled') ORDER BY j.created_at DESC, j.id DESC LIMIT $1`,
        [RECENT],
      ),
      this.counts(),
    ]);
    return { running, waiting, recent, counts };
  }

  /** Of all jobs that have not ended. */
  async counts(): Promise<ActivityCounts> {
    return (await queryOne<ActivityCounts>(this.dataSource, COUNTS)) ?? { running: 0, waiting: 0 };
  }

  /** What waits, in the order in which it would run if every machine were free. */
  async waiting({ cursor, limit }: PageRequest): Promise<Page<JobRecord>> {
    const key = cursor === undefined ? [null, null] : decodeCursor(WAITING, [turnForm, keyForms.uuid], cursor);
    const rows = await queryRows<{ id: string; turn: string }>(this.dataSource, WAITING_IDS, [...key, limit + 1]);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const ids = rows.slice(0, limit).map(({ id }) => id);
    // What has begun since then waits no more.
    const rest = `WHERE j.id = ANY($1::uuid[]) AND j.status = 'queued' ORDER BY ${turnOf('j')}, j.id`;
    return {
      items: ids.length === 0 ? [] : await this.list(rest, [ids]),
      nextCursor: last === undefined ? null : encodeCursor(WAITING, [last.turn, last.id]),
    };
  }

  /** What waits for the machines of these jobs besides them: the next of them have another reason once those go on. */
  async behind(ids: readonly string[]): Promise<JobRecord[]> {
    return this.list(
      `WHERE j.status = 'queued' AND j.machine_id IN (SELECT b.machine_id FROM jobs b WHERE b.id = ANY($1::uuid[]))
         AND j.id <> ALL($1::uuid[])
       ORDER BY ${turnOf('j')}, j.id LIMIT $2`,
      [ids, BEHIND_LIMIT],
    );
  }

  /** Jobs that run, and those that ended after `since`: what a watcher may have missed. */
  async changedSince(since: Date): Promise<JobRecord[]> {
    return this.list(`WHERE j.status IN ('queued', 'running') OR j.finished_at >= $1 ORDER BY j.created_at LIMIT $2`, [
      since,
      ACTIVITY_LIMIT,
    ]);
  }

  private async ended(
    which: string,
    params: readonly unknown[],
    connection: EntityManager | DataSource = this.dataSource,
  ): Promise<EndedJob[]> {
    const rows = await queryRows<EndedRow>(connection, `${ENDED} AND ${which} ${NEWEST}`, params);
    return rows.map(({ stored, ...job }) => {
      const reading = this.contracts.read<JobParametersDocument>(parametersName(job.kind), stored ?? {});
      return { ...job, parameters: reading.readable ? reading.document.parameters : null };
    });
  }

  private async list(rest: string, params: readonly unknown[]): Promise<JobRecord[]> {
    const rows = await queryRows<JobRow>(this.dataSource, `${SELECT_JOB} ${rest}`, params);
    return this.toRecords(rows, this.dataSource);
  }

  /** What waits is told why: one statement more for all of them, none where nothing waits. */
  private async toRecords(rows: readonly JobRow[], connection: EntityManager | DataSource): Promise<JobRecord[]> {
    const waiting = rows.filter(({ status }) => status === 'queued').map(({ id }) => id);
    if (waiting.length === 0) return rows.map((row) => this.toRecord(row, null));
    const { fleet, standings } = await standingsOf(connection, waiting);
    return rows.map((row) => {
      const standing = standings.get(row.id);
      const job = { availableAt: row.available_at, windowName: row.window_name };
      return this.toRecord(row, standing === undefined ? null : waitingOn(job, standing, fleet));
    });
  }

  private toRecord(row: JobRow, why: WaitingOn | null): JobRecord {
    const { steps_json: storedSteps, result_json: storedResult } = row;
    const steps = storedSteps === null ? null : this.contracts.read<JobStepsDocument>(JOB_STEPS.name, storedSteps);
    const result = storedResult === null ? null : this.contracts.read<JobResultDocument>(JOB_RESULT.name, storedResult);
    const known = result?.readable === true ? result.document : null;
    return {
      ...plainFacts(row),
      waitingOn: why,
      steps: steps?.readable === true ? stepsOf(steps.document) : [],
      errorAction: known?.error_action ?? null,
      snapshotId: known?.snapshot_id ?? null,
      unreadable: unreadable({ [JOB_STEPS.name]: steps, [JOB_RESULT.name]: result }),
    };
  }
}

const ENDED = `
  SELECT id, kind, status, finished_at AS "finishedAt", error_kind AS "errorKind", payload_json AS stored FROM jobs
  WHERE machine_id = $1 AND status IN ('ok', 'warning', 'error')`;

const NEWEST = 'ORDER BY created_at DESC, id DESC LIMIT $4';

const COUNTS = `
  SELECT count(*) FILTER (WHERE status = 'running')::integer AS running,
    count(*) FILTER (WHERE status = 'queued')::integer AS waiting
  FROM jobs WHERE status IN ('queued', 'running')`;

const WAITING_IDS = `
  SELECT j.id, ${turnOf('j')}::text AS turn FROM jobs j
  WHERE j.status = 'queued' AND ($1::timestamp IS NULL OR (${turnOf('j')}, j.id) > ($1::timestamp, $2::uuid))
  ORDER BY ${turnOf('j')}, j.id LIMIT $3`;

function plainFacts(row: JobRow): Omit<JobRecord, 'steps' | 'waitingOn' | 'errorAction' | 'snapshotId' | 'unreadable'> {
  return {
    id: row.id,
    kind: row.kind,
    machineId: row.machine_id,
    machineName: row.machine_name,
    status: row.status,
    phase: row.phase,
    step: row.step,
    priority: row.priority,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    createdAt: row.created_at,
    availableAt: row.available_at,
    startBefore: row.start_before,
    windowName: row.window_name,
    windowOverride: row.window_override,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    requestedBy: requester(row.requested_by_type, row.requested_by_id, row.requested_by_name),
    cancelRequested: row.cancel_requested_at !== null,
    forceRequested: row.force_requested_at !== null,
    begun: row.contact_at !== null,
    errorKind: row.error_kind,
    errorMessage: row.error_message,
    lastSeq: Number(row.last_seq),
    requestId: row.request_id,
    deadLetter: letterOf(row),
    redriveOf: row.redrive_of,
  };
}

function letterOf(row: JobRow): DeadLetterFacts | null {
  const { died_at: diedAt, letter_open: open, settled_at: settledAt, settled_by: settledBy, redriven_as } = row;
  return diedAt === null ? null : { diedAt, open, settledAt, settledBy, redrivenAs: redriven_as };
}
