import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import { decodeCursor, encodeCursor, keyForms } from '../../../kernel/http/keyset-cursor';
import { keysetPage, type Page, type PageRequest } from '../../../kernel/http/keyset-page';
import { SCHEDULE_DEFINITION, type DefinitionDocument } from '../contracts/schedule-documents';
import { overridden } from '../engine/target-overrides';
import type { OccurrenceStatus } from '../entities/automation.values';
import type { FrequentOccurrences, OccurrenceRecord, TargetRecord } from './occurrence-record';

/** Reads the occurrences of schedules. */
@Injectable()
export class OccurrencesReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<OccurrenceRecord | null> {
    return queryOne<OccurrenceRecord>(manager, `${SELECT_OCCURRENCE} WHERE o.id = $1`, [id]);
  }

  /** Of each of these schedules the newest occurrence. */
  async newest(scheduleIds: readonly string[]): Promise<Map<string, OccurrenceRecord>> {
    const rows = await queryRows<OccurrenceRecord>(this.dataSource, NEWEST, [scheduleIds]);
    return new Map(rows.map((row) => [row.scheduleId, row]));
  }

  /** Of one schedule, the latest due first. */
  async page(scheduleId: string, request: PageRequest): Promise<Page<OccurrenceRecord>> {
    // As one list whose columns have one name each: the statement goes on with them.
    const select = `SELECT * FROM (${SELECT_OCCURRENCE}) occurrence WHERE "scheduleId" = $1`;
    return keysetPage(this.dataSource, `occurrences:${scheduleId}`, select, [scheduleId], '"dueAt"', request);
  }

  /** Schedules, all or one, that were due more often than `most` within the span. */
  async frequent(from: Date, to: Date, scheduleId: string | null, most: number): Promise<FrequentOccurrences[]> {
    return queryRows<FrequentOccurrences>(this.dataSource, FREQUENT, [from, to, scheduleId, most]);
  }

  /** Those that were due within the span, the first first; of all schedules or one, without some. */
  async between(
    from: Date,
    to: Date,
    scheduleId: string | null,
    { without, limit }: { readonly without: readonly string[]; readonly limit: number },
  ): Promise<OccurrenceRecord[]> {
    const sql = `${SELECT_OCCURRENCE}
      WHERE o.due_at >= $1 AND o.due_at < $2 AND ($3::uuid IS NULL OR o.schedule_id = $3) AND o.schedule_id <> ALL ($4::uuid[])
      ORDER BY o.due_at, o.id LIMIT $5`;
    return queryRows<OccurrenceRecord>(this.dataSource, sql, [from, to, scheduleId, without, limit]);
  }

  /** Machines of an occurrence by name. */
  async targets(
    occurrenceId: string,
    status: OccurrenceStatus | null,
    { cursor, limit }: PageRequest,
  ): Promise<Page<TargetRecord>> {
    const scope = `occurrence-targets:${occurrenceId}`;
    const key = cursor === undefined ? [null, null] : decodeCursor(scope, [keyForms.text, keyForms.uuid], cursor);
    const rows = await queryRows<Omit<TargetRecord, 'left'>>(this.dataSource, TARGETS, [
      occurrenceId,
      status,
      ...key,
      limit + 1,
    ]);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor =
      last === undefined ? null : encodeCursor(scope, [last.machineName.toLowerCase(), last.machineId]);
    const actions = await this.actionsOf(occurrenceId);
    const items = rows.slice(0, limit).map((row): TargetRecord => {
      return { ...row, left: row.finishedAt === null ? actions.slice(row.position) : [] };
    });
    return { items, nextCursor };
  }

  /** Names of what an occurrence does, in order; none where that cannot be read. */
  private async actionsOf(occurrenceId: string): Promise<string[]> {
    const row = await queryOne<{ definition_json: unknown }>(this.dataSource.manager, DEFINITION, [occurrenceId]);
    const reading = this.contracts.read<DefinitionDocument>(SCHEDULE_DEFINITION.name, row?.definition_json ?? null);
    return reading.readable ? reading.document.actions.map(({ action }) => action) : [];
  }
}

/** The statement that reads those that have not ended, the first due first; $1: how many. @param more columns of `o` */
export function activeOccurrences(more: string): string {
  return `SELECT ${COLUMNS}, ${more} ${FROM} WHERE o.status IN ('queued', 'running') ORDER BY o.due_at, o.id LIMIT $1`;
}

/** Counted from its machines while it runs, kept in its own row once it has ended. */
const COLUMNS = `o.id, o.schedule_id AS "scheduleId", s.name AS "scheduleName", s.timezone, o.due_at AS "dueAt", o.trigger,
  o.started_by AS "startedBy", o.status, o.error_kind AS "errorKind", o.error_message AS "errorMessage",
  o.machines_count AS "machinesCount", CASE WHEN o.finished_at IS NULL THEN c.waiting ELSE 0 END AS "waitingCount",
  CASE WHEN o.finished_at IS NULL THEN c.running ELSE 0 END AS "runningCount", COALESCE(o.ok_count, c.ok) AS "okCount",
  COALESCE(o.warning_count, c.warning) AS "warningCount", COALESCE(o.error_count, c.error) AS "errorCount",
  COALESCE(o.cancelled_count, c.cancelled) AS "cancelledCount", o.created_at AS "createdAt", o.expires_at AS "expiresAt",
  o.started_at AS "startedAt", o.finished_at AS "finishedAt"`;

const FROM = `
  FROM schedule_occurrences o JOIN schedules s ON s.id = o.schedule_id
  LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE t.status = 'queued')::integer AS waiting,
      count(*) FILTER (WHERE t.status = 'running')::integer AS running,
      count(*) FILTER (WHERE t.status = 'ok')::integer AS ok,
      count(*) FILTER (WHERE t.status = 'warning')::integer AS warning,
      count(*) FILTER (WHERE t.status = 'error')::integer AS error,
      count(*) FILTER (WHERE t.status = 'cancelled')::integer AS cancelled
    FROM schedule_occurrence_targets t WHERE t.occurrence_id = o.id
  ) c ON o.finished_at IS NULL AND o.machines_count IS NOT NULL`;

const SELECT_OCCURRENCE = `SELECT ${COLUMNS} ${FROM}`;

const NEWEST = `
  SELECT newest.* FROM unnest($1::uuid[]) AS given (id) CROSS JOIN LATERAL (
    SELECT ${COLUMNS} ${FROM} WHERE o.schedule_id = given.id ORDER BY o.due_at DESC LIMIT 1) newest`;

const FREQUENT = `
  SELECT s.id AS "scheduleId", s.name AS "scheduleName", often."from", often."to", often.count, often."troubleCount"
  FROM (
    SELECT o.schedule_id, min(o.due_at) AS "from", max(o.due_at) AS "to", count(*)::integer AS count,
      count(*) FILTER (WHERE o.status IN ('warning', 'error'))::integer AS "troubleCount"
    FROM schedule_occurrences o
    WHERE o.due_at >= $1 AND o.due_at < $2 AND ($3::uuid IS NULL OR o.schedule_id = $3)
    GROUP BY o.schedule_id HAVING count(*) > $4::integer) often
  JOIN schedules s ON s.id = often.schedule_id ORDER BY s.name, s.id`;

const DEFINITION = 'SELECT definition_json FROM schedule_occurrences WHERE id = $1';

const TARGETS = `
  SELECT t.machine_id AS "machineId", m.name AS "machineName", t.status, t.position, t.stage, t.job_id AS "jobId",
    t.request_id AS "requestId", t.error_kind AS "errorKind", t.error_message AS "errorMessage",
    t.resume_at AS "resumeAt", t.window_name AS "windowName",
    (t.status = 'queued' OR (t.status = 'running' AND t.stage = 'download'))
      AND COALESCE(t.resume_at > database_now(), false) AND NOT ${overridden('database_now()')} AS "awaitsWindow",
    CASE WHEN t.status = 'queued' AND (t.resume_at IS NULL OR t.resume_at <= database_now() OR ${overridden('database_now()')})
      THEN (SELECT work.id FROM jobs work WHERE work.machine_id = t.machine_id AND work.status = 'running' AND work.request_id IS NOT NULL LIMIT 1)
      END AS "blockingJobId",
    CASE WHEN ${overridden('database_now()')} THEN t.window_override END AS "windowOverride",
    CASE WHEN ${overridden('database_now()')} THEN t.window_override_by END AS "windowOverrideBy",
    t.estimate_seconds AS "estimateSeconds", t.estimate_basis AS "estimateBasis", t.started_at AS "startedAt", t.finished_at AS "finishedAt"
  FROM schedule_occurrence_targets t JOIN machines m ON m.id = t.machine_id
  WHERE t.occurrence_id = $1 AND ($2::text IS NULL OR t.status = $2)
    AND ($3::text IS NULL OR (lower(m.name), m.id) > ($3, $4::uuid))
  ORDER BY lower(m.name), m.id LIMIT $5`;
