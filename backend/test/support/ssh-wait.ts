import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds, looking again every 50 ms. @throws Error naming it when it does not in time */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Did not happen within ${String(limitMs)} ms: ${what}`);
    await delay(50);
  }
}
