import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseClock } from '../../../../kernel/database/database-clock';
import { queryOne, queryRows } from '../../../../kernel/database/rows';
import { decodeCursor, encodeCursor, keyForms } from '../../../../kernel/http/keyset-cursor';
import type { Page, PageRequest } from '../../../../kernel/http/keyset-page';
import { RISKS } from '../../contracts/action-plan';
import type { RequestRecord, RequestWithPlan } from '../request-record';
import { RequestsReader } from '../requests.reader';

/** Why requests of an entry were left to people. */
export interface InboxReason {
  readonly sentence: string;
  /** So many of them say it. */
  readonly requests: number;
}

/** What waits for one decision: a request, or all of one action that one run of a schedule left to people. */
export interface InboxEntry {
  /** Of several the one that ends first. */
  readonly request: RequestRecord;
  readonly requests: number;
  /** The highest of all; null: of one it is not known. */
  readonly risk: string | null;
  /** What most of them say first. */
  readonly reasons: readonly InboxReason[];
  /** Reasons besides these. */
  readonly moreReasons: number;
}

/** Requests of one action that one occurrence of a schedule asked for. */
export interface RequestGroup {
  readonly occurrenceId: string;
  readonly action: string;
}

interface EntryRow {
  readonly id: string;
  readonly requests: number;
  readonly risk: string | null;
  readonly until: string;
}

interface ReasonRow extends InboxReason {
  readonly id: string;
  /** Of its entry. */
  readonly all: number;
}

const INBOX = 'request-inbox';
/** Reasons that an entry tells. */
const REASONS_TOLD = 5;

/** Reads what waits for people. What ran out is not there, whether the sweep has been there or not. */
@Injectable()
export class RequestInbox {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: RequestsReader,
    private readonly clock: DatabaseClock,
  ) {}

  /** Requests that wait: all, or those of a group. */
  async count(group: RequestGroup | null = null): Promise<number> {
    const now = await this.clock.now(this.dataSource.manager);
    const values = [now, group?.occurrenceId ?? null, group?.action ?? null];
    return (await queryOne<{ count: number }>(this.dataSource, COUNT, values))?.count ?? 0;
  }

  /** What ends first first. */
  async page({ cursor, limit }: PageRequest): Promise<Page<InboxEntry>> {
    const key = cursor === undefined ? [null, null] : decodeCursor(INBOX, [keyForms.time, keyForms.uuid], cursor);
    const now = await this.clock.now(this.dataSource.manager);
    const rows = await queryRows<EntryRow>(this.dataSource, ENTRIES, [now, RISKS, ...key, limit + 1]);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const shown = rows.slice(0, limit);
    const ids = shown.map(({ id }) => id);
    const requests = byId(await this.reader.byIds(ids));
    const told = Map.groupBy(
      await queryRows<ReasonRow>(this.dataSource, REASONS, [now, ids, REASONS_TOLD]),
      ({ id }) => id,
    );
    return {
      items: shown.flatMap(({ id, requests: count, risk }) => {
        const request = requests.get(id);
        const rows = told.get(id) ?? [];
        const reasons = rows.map(({ sentence, requests: saying }) => ({ sentence, requests: saying }));
        const moreReasons = (rows[0]?.all ?? 0) - rows.length;
        return request === undefined ? [] : [{ request, requests: count, risk, reasons, moreReasons }];
      }),
      nextCursor: last === undefined ? null : encodeCursor(INBOX, [last.until, last.id]),
    };
  }

  /** The requests of a group by the names of their machines. */
  async group(group: RequestGroup, { cursor, limit }: PageRequest): Promise<Page<RequestWithPlan>> {
    const { occurrenceId, action } = group;
    const scope = `${INBOX}:${occurrenceId}:${action}`;
    const key = cursor === undefined ? [null, null] : decodeCursor(scope, [keyForms.text, keyForms.uuid], cursor);
    const values = [await this.clock.now(this.dataSource.manager), occurrenceId, action, ...key, limit + 1];
    const rows = await queryRows<{ id: string; name: string }>(this.dataSource, OF_GROUP, values);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const shown = rows.slice(0, limit);
    const requests = byId(await this.reader.withPlans(shown.map(({ id }) => id)));
    return {
      items: shown.flatMap(({ id }) => requests.get(id) ?? []),
      nextCursor: last === undefined ? null : encodeCursor(scope, [last.name, last.id]),
    };
  }
}

function byId<T extends { readonly id: string }>(requests: readonly T[]): ReadonlyMap<string, T> {
  return new Map(requests.map((request) => [request.id, request]));
}

const WAITS = `r.status = 'pending' AND (r.expires_at IS NULL OR r.expires_at > $1)`;

const COUNT = `
  SELECT count(*)::integer AS count FROM action_requests r
  WHERE ${WAITS} AND ($2::uuid IS NULL OR (r.occurrence_id = $2 AND r.action = $3))`;

/** What never ends comes last. */
const ENTRIES = `
  WITH waiting AS (
    SELECT r.id, r.action, r.occurrence_id, r.risk, COALESCE(r.expires_at, '9999-12-31 00:00:00+00') AS until
    FROM action_requests r WHERE ${WAITS}),
  entry AS (
    SELECT (array_agg(id ORDER BY until, id))[1] AS id, min(until) AS until, count(*)::integer AS requests,
      (array_agg(risk ORDER BY array_position($2::text[], risk) DESC NULLS FIRST))[1] AS risk
    FROM waiting GROUP BY occurrence_id, action, CASE WHEN occurrence_id IS NULL THEN id END)
  SELECT id, requests, risk, until::text AS until FROM entry
  WHERE $3::timestamptz IS NULL OR (entry.until, id) > ($3, $4::uuid)
  ORDER BY entry.until, id LIMIT $5`;

/** Of each entry, by the request that stands for it: the reasons of all that it holds. */
const REASONS = `
  WITH held AS (
    SELECT e.id, r.person_reason FROM action_requests e JOIN action_requests r
      ON CASE WHEN e.occurrence_id IS NULL THEN r.id = e.id ELSE r.occurrence_id = e.occurrence_id AND r.action = e.action END
    WHERE e.id = ANY ($2::uuid[]) AND ${WAITS} AND r.person_reason IS NOT NULL),
  counted AS (
    SELECT held.id, line.sentence, count(*)::integer AS requests
    FROM held CROSS JOIN LATERAL unnest(string_to_array(held.person_reason, E'\\n')) AS line (sentence)
    GROUP BY held.id, line.sentence),
  ranked AS (
    SELECT id, sentence, requests, row_number() OVER entry AS place, (count(*) OVER (PARTITION BY id))::integer AS "all"
    FROM counted WINDOW entry AS (PARTITION BY id ORDER BY requests DESC, sentence))
  SELECT id, sentence, requests, "all" FROM ranked WHERE place <= $3::integer ORDER BY id, place`;

const OF_GROUP = `
  SELECT r.id, lower(m.name) AS name FROM action_requests r JOIN machines m ON m.id = r.machine_id
  WHERE ${WAITS} AND r.occurrence_id = $2 AND r.action = $3
    AND ($4::text IS NULL OR (lower(m.name), r.id) > ($4, $5::uuid))
  ORDER BY lower(m.name), r.id LIMIT $6`;
