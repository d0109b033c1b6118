/**
 * Whose turn it is. A step of priority counts as much as a minute of waiting: two jobs that wait grow older alike, so which of
 * them goes first never changes while they wait, and whatever waits long enough goes before what is asked for later. A job's
 * turn is therefore one moment, known when it is asked for: that at which it would have been asked for without its priority.
 */

/** What is added to an action's own priority, by who asks: people do not wait behind what runs by itself. */
export const ASKED_BY_SCHEDULE = -10;

/** The turn of a row of `jobs`; earlier goes first. As the index `jobs_queue_idx` has it. */
export function turnOf(row: string): string {
  return `((${row}.created_at AT TIME ZONE 'UTC') - ${row}.priority * interval '1 minute')`;
}

/** The same as pg-boss wants it, where higher goes first and a number has 32 bits: seconds, backwards, good for 1965 to 2101. */
export function tokenPriorityOf(row: string): string {
  return `(2000000000 - extract(epoch FROM ${turnOf(row)}))::integer`;
}

/** A new id for a row's token. It begins with the turn, as pg-boss goes by ids where a network has fewer places than tokens. */
export function tokenIdOf(row: string): string {
  const turn = `lpad(to_hex((extract(epoch FROM ${turnOf(row)}) * 1000)::bigint), 12, '0')`;
  return `(${turn} || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid`;
}
