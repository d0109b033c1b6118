import type { Ending } from './outcomes';

/** Pauses between looks at a machine that is out of reach, in milliseconds; after the last one others get the place. */
export const RECONNECT_PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 30_000];
/** So long nobody looks at a machine that stays out of reach. */
export const LATER_MS = 60_000;
/** A refused login, a changed host key: asking often would lock accounts, and nothing changes by itself. */
export const MUCH_LATER_MS = 600_000;

/** Another looks after the run, so much later. @param pauseMs milliseconds, at least none */
export function handover(pauseMs: number): Ending {
  return { kind: 'handover', pauseMs: Math.max(0, Math.ceil(pauseMs)) };
}
