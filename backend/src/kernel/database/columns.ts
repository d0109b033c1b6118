import type { ValueTransformer } from 'typeorm';

/**
 * `pg` hands out bigint as text. Byte counts, fences and sequence numbers stay far below 2^53, so they are numbers in
 * the program; a value beyond that is an error, not a silently rounded number.
 */
export const bigintNumber: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: unknown): number | null => (value === null ? null : safeNumber(value)),
};

function safeNumber(value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('A bigint column holds a value beyond 2^53.');
  return number;
}
