import { walkMinutes } from './minute-walk';

/** What must become of a due time. */
export type Fate = 'ran' | 'missed' | 'window_expired';

/** When a schedule says what, by the clock of the time line. */
export interface Version {
  readonly from: Date;
  /** So many looks had been made by then. */
  readonly looks: number;
  readonly cron: string;
  readonly zone: string;
  readonly enabled: boolean;
  readonly missedRuns: 'skip' | 'run_once' | 'window';
  readonly graceSeconds: number;
  readonly windowSeconds: number | null;
}

/**
 * What must have become of each due time of a schedule, told from its versions and from the moments at which somebody
 * looked, by a walk through every minute: nothing of the product is asked.
 * @param looks clock readings in the order in which they happened; the clock may go back in between
 */
export function expectedOccurrences(versions: readonly Version[], looks: readonly Date[]): Map<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const [index, version] of versions.entries()) {
    const next = versions[index + 1];
    const mine = looks.slice(version.looks, next?.looks).map((look) => ({ at: look.getTime(), last: false }));
    // Whoever changes a schedule looks first.
    if (next !== undefined) mine.push({ at: next.from.getTime(), last: true });
    if (!version.enabled || mine.length === 0) continue;
    const moments = [version.from.getTime(), ...mine.map(({ at }) => at)];
    const [first, last] = [Math.min(...moments), Math.max(...moments)];
    const due = walkMinutes(version.cron, version.zone, new Date(first), new Date(last)).map((time) => time.getTime());
    let furthest = version.from.getTime();
    for (const look of mine) {
      // The clock was ahead: what had not come, and was not begun, is open again.
      if (look.at < furthest) forget(fates, look.at);
      const group = due.filter((time) => time > furthest && time <= look.at);
      const abandon = look.last && next?.enabled === false;
      for (const [place, time] of group.entries()) {
        const key = new Date(time).toISOString();
        const late = (look.at - time) / 1000;
        if (!fates.has(key)) fates.set(key, fateOf(version, late, place === group.length - 1, abandon));
      }
      furthest = look.at;
    }
  }
  return fates;
}

function forget(fates: Map<string, Fate>, after: number): void {
  for (const [key, fate] of fates) if (fate !== 'ran' && Date.parse(key) > after) fates.delete(key);
}

function fateOf(version: Version, late: number, newest: boolean, abandon: boolean): Fate {
  const over = version.windowSeconds !== null && version.missedRuns !== 'run_once' && late >= version.windowSeconds;
  const onTime = newest && late <= version.graceSeconds;
  if (over && (onTime || version.missedRuns === 'window')) return 'window_expired';
  if (onTime) return abandon ? 'missed' : 'ran';
  return newest && version.missedRuns !== 'skip' && !abandon ? 'ran' : 'missed';
}
