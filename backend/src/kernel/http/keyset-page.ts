import type { DataSource } from 'typeorm';
import { queryRows } from '../database/rows';
import { decodeCursor, encodeCursor, keyForms } from './keyset-cursor';

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly cursor?: string;
  readonly limit: number;
}

/**
 * A page of rows, newest first, whatever the depth.
 * @param scope of the cursor: one of another list is refused
 * @param select ends in a WHERE clause; rows are ordered by (time, id), which an index has to serve
 * @param time the column by which they are ordered
 */
export async function keysetPage<T extends { id: string }>(
  dataSource: DataSource,
  scope: string,
  select: string,
  params: readonly unknown[],
  time: string,
  { cursor, limit }: PageRequest,
): Promise<Page<T>> {
  const key = cursor === undefined ? [] : decodeCursor(scope, [keyForms.time, keyForms.uuid], cursor);
  const [at, id] = [`$${String(params.length + 1)}`, `$${String(params.length + 2)}`];
  const after = key.length === 0 ? '' : ` AND (${time}, id) < (${at}::timestamptz, ${id}::uuid)`;
  const withKey = select.replace('SELECT ', `SELECT ${time}::text AS "keyTime", `);
  const rows = await queryRows<T & { keyTime?: string }>(
    dataSource,
    `${withKey}${after} ORDER BY ${time} DESC, id DESC LIMIT ${String(limit + 1)}`,
    [...params, ...key],
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const nextCursor = last === undefined ? null : encodeCursor(scope, [last.keyTime ?? '', last.id]);
  return { items: rows.slice(0, limit).map(withoutKey), nextCursor };
}

function withoutKey<T extends { keyTime?: string }>(row: T): T {
  delete row.keyTime;
  return row;
}

/** Where a list by time of creation goes on: after the last row of the page before. */
export interface CreatedCursor {
  /** ISO 8601, in milliseconds as the program writes such times. */
  readonly createdAt: string;
  readonly id: string;
}

const createdForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws DomainError 400 for a cursor of another list, or none at all */
export function readCreatedCursor(scope: string, cursor: string | undefined): CreatedCursor | null {
  if (cursor === undefined) return null;
  const [createdAt = '', id = ''] = decodeCursor(scope, [createdForm, keyForms.uuid], cursor);
  return { createdAt, id };
}

/** @param found one row more than the page holds, where there is one */
export function createdPage<T extends { readonly id: string; readonly createdAt: Date }>(
  scope: string,
  found: readonly T[],
  limit: number,
): Page<T> {
  const last = found.length > limit ? found[limit - 1] : undefined;
  const nextCursor = last === undefined ? null : encodeCursor(scope, [last.createdAt.toISOString(), last.id]);
  return { items: found.slice(0, limit), nextCursor };
}
