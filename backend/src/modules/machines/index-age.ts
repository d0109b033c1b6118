import { rankOf } from './needs';

const DAY_MS = 86_400_000;

/**
 * How old the last good refresh of a machine's package lists may be, in days: the setting `machines.index_stale_days`.
 * Older, and what was measured by them says nothing about now: the machine is stale, and never clean, whether or not
 * anything has run on it since. For documents, which are read one at a time. Null: no refresh is known.
 */
export function isIndexOld(refreshedAt: Date | null, now: Date, staleAfterDays: number): boolean {
  return refreshedAt === null || now.getTime() - refreshedAt.getTime() > staleAfterDays * DAY_MS;
}

/** The same in SQL, of rows `s` of `machine_state`, by the database's clock. */
export interface IndexAge {
  /**
   * The stored ranks as they are now. Rows are written when something happens to a machine, and age while nothing does:
   * so age is decided here, whenever a rank is read, shown, counted or sorted by.
   */
  readonly needsRank: string;
  readonly underlyingNeedsRank: string;
  readonly aptStale: string;
  /** True for this many minutes after a machine's lists have become old. */
  becameOld(minutes: number): string;
}

/** @param staleAfterDays a whole number; it becomes SQL text */
export function indexAge(staleAfterDays: number): IndexAge {
  if (!Number.isInteger(staleAfterDays)) throw new TypeError('not a whole number of days');
  const limit = `(now() - interval '${String(staleAfterDays)} days')`;
  // False before a first analysis.
  const isOld = `COALESCE(s.apt_index_refreshed_at < ${limit}, s.apt_last_analyze_at IS NOT NULL)`;
  const rank = (column: string): string =>
    `CASE WHEN ${column} = ${String(rankOf('clean'))} AND ${isOld} THEN ${String(rankOf('stale'))}::smallint ELSE ${column} END`;
  return {
    needsRank: rank('s.needs_rank'),
    underlyingNeedsRank: rank('s.underlying_needs_rank'),
    aptStale: `(s.apt_stale OR ${isOld})`,
    becameOld: (minutes) =>
      `s.apt_index_refreshed_at BETWEEN ${limit} - interval '${String(minutes)} minutes' AND ${limit}`,
  };
}
