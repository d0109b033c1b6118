import { rankOf } from './needs';

/**
 * How old the last good refresh of a machine's package lists may be. Older, and what was measured by them says nothing
 * about now: the machine is stale, and never clean, whether or not anything has run on it since.
 */
export const INDEX_STALE_AFTER_DAYS = 7;

const DAY_MS = 86_400_000;

/** For documents, which are read one at a time. Null: no refresh is known. */
export function isIndexOld(refreshedAt: Date | null, now: Date): boolean {
  return refreshedAt === null || now.getTime() - refreshedAt.getTime() > INDEX_STALE_AFTER_DAYS * DAY_MS;
}

const limit = `(now() - interval '${String(INDEX_STALE_AFTER_DAYS)} days')`;

/** The same in SQL, of a row `s` of `machine_state`, by the database's clock; false before a first analysis. */
export const INDEX_IS_OLD = `COALESCE(s.apt_index_refreshed_at < ${limit}, s.apt_last_analyze_at IS NOT NULL)`;

/** True for a moment after a machine's lists have become old, in minutes. */
export function indexBecameOld(minutes: number): string {
  return `s.apt_index_refreshed_at BETWEEN ${limit} - interval '${String(minutes)} minutes' AND ${limit}`;
}

/**
 * The stored rank as it is now. Rows are written when something happens to a machine, and age while nothing does: so
 * age is decided here, whenever a rank is read, shown, counted or sorted by.
 */
function rankNow(column: string): string {
  return `CASE WHEN ${column} = ${String(rankOf('clean'))} AND ${INDEX_IS_OLD} THEN ${String(rankOf('stale'))}::smallint ELSE ${column} END`;
}

export const NEEDS_RANK = rankNow('s.needs_rank');
export const UNDERLYING_NEEDS_RANK = rankNow('s.underlying_needs_rank');
export const APT_STALE = `(s.apt_stale OR ${INDEX_IS_OLD})`;
