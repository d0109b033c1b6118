import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseClock } from '../../../../kernel/database/database-clock';
import { queryOne, queryRows } from '../../../../kernel/database/rows';
import { decodeCursor, encodeCursor, keyForms } from '../../../../kernel/http/keyset-cursor';
import type { Page, PageRequest } from '../../../../kernel/http/keyset-page';
import { RISKS } from '../../contracts/action-plan';
import type { RequestRecord, RequestWithPlan } from '../request-record';
import { RequestsReader } from '../requests.reader';

/** What waits for one decision: a request, or all of one action that one run of a schedule left to people. */
export interface InboxEntry {
  /** Of several the one that ends first. */
  readonly request: RequestRecord;
  readonly requests: number;
  /** The highest of all; null: of one it is not known. */
  readonly risk: string | null;
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

const INBOX = 'request-inbox';

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
    const requests = byId(await this.reader.byIds(shown.map(({ id }) => id)));
    return {
      items: shown.flatMap(({ id, requests: count, risk }) => {
        const request = requests.get(id);
        return request === undefined ? [] : [{ request, requests: count, risk }];
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

const OF_GROUP = `
  SELECT r.id, lower(m.name) AS name FROM action_requests r JOIN machines m ON m.id = r.machine_id
  WHERE ${WAITS} AND r.occurrence_id = $2 AND r.action = $3
    AND ($4::text IS NULL OR (lower(m.name), r.id) > ($4, $5::uuid))
  ORDER BY lower(m.name), r.id LIMIT $6`;
