import { WINDOW_SCOPES } from './entities/windows.values';
import type { WindowOfMachine } from './windows.repository';

const MINUTE_MS = 60_000;

/**
 * Of the windows that speak of one machine those that count. Of repeated ones it is those that name it closest: its own,
 * else those of its tags, else those of the fleet. A single opening comes on top, until it has closed.
 */
export function bindingWindows(windows: readonly WindowOfMachine[], now: Date): WindowOfMachine[] {
  const repeated = windows.filter(({ cron }) => cron !== '@once');
  const closest = Math.max(-1, ...repeated.map(({ scope }) => WINDOW_SCOPES.indexOf(scope)));
  return windows.filter((window) =>
    window.cron === '@once' ? closesAt(window) > now.getTime() : WINDOW_SCOPES.indexOf(window.scope) === closest,
  );
}

/** A single opening that is over. */
export interface ClosedWindow {
  readonly name: string;
  readonly closedAt: Date;
}

/** Of single openings the one that closed last; null: none has. Once it is over it binds nothing that begins to be worked on. */
export function lastClosed(windows: readonly WindowOfMachine[], now: Date): ClosedWindow | null {
  const closed = windows.filter((window) => window.cron === '@once' && closesAt(window) <= now.getTime());
  const [last] = closed.sort((a, b) => closesAt(b) - closesAt(a));
  return last === undefined ? null : { name: last.name, closedAt: new Date(closesAt(last)) };
}

/** Of a single opening, in milliseconds. */
function closesAt({ opensAt, durationMinutes }: WindowOfMachine): number {
  return opensAt === null ? -Infinity : opensAt.getTime() + durationMinutes * MINUTE_MS;
}
