import { setTimeout as pause } from 'node:timers/promises';

/** Reads until the condition holds; it waits for a state, not for a time. @throws Error with the last value */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  limitMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`did not come true; last: ${JSON.stringify(value)}`);
    await pause(150);
  }
}
