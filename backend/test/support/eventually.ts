import { setTimeout as pause } from 'node:timers/promises';

/**
 * Reads until the condition holds; it waits for a state, not for a time.
 * @param everyMs how long it waits between two looks: longer where a look costs as much as a command of the fleet
 * @throws Error with the last value
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limitMs = 60_000,
  everyMs = 150,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`did not come true; last: ${JSON.stringify(value)}`);
    await pause(everyMs);
  }
}
