const FIRST = 500;
const LONGEST = 20_000;

/**
 * Milliseconds to wait before try number `attempt` (0 is the first). Doubles, and spreads over half of the span so
 * that a thousand browsers do not come back in the same instant.
 *
 * @param random a number from 0 to 1
 */
export function backOff(attempt: number, random: number): number {
  const span = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
  return Math.round(span / 2 + (span / 2) * random);
}
