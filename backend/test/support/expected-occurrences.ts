import { walkMinutes } from './minute-walk';

/** What must become of a due time. */
export type Fate = 'ran' | 'missed' | 'window_expired';

/** When a schedule says what, by the clock of the time line. */
export interface Version {
  readonly from: Date;
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
  let furthest = versions[0]?.from.getTime() ?? 0;
  for (const [index, version] of versions.entries()) {
    const next = versions[index + 1];
    const until = next?.from.getTime() ?? Infinity;
    furthest = version.from.getTime();
    const mine = looks.map((look) => look.getTime()).filter((look) => look > furthest && look <= until);
    // Whoever changes a schedule looks first.
    if (next !== undefined) mine.push(until);
    const last = Math.max(furthest, ...mine);
    if (!version.enabled || mine.length === 0) continue;
    const due = walkMinutes(version.cron, version.zone, new Date(furthest), new Date(last)).map((time) =>
      time.getTime(),
    );
    let at = 0;
    for (const look of mine) {
      if (look <= furthest) continue;
      const group: number[] = [];
      for (; at < due.length && (due[at] ?? Infinity) <= look; at += 1) group.push(due[at] ?? 0);
      const abandon = look === until && next?.enabled === false;
      for (const [place, time] of group.entries()) {
        const key = new Date(time).toISOString();
        if (!fates.has(key)) fates.set(key, fateOf(version, (look - time) / 1000, place === group.length - 1, abandon));
      }
      furthest = look;
    }
  }
  return fates;
}

function fateOf(version: Version, late: number, newest: boolean, abandon: boolean): Fate {
  if (newest && late <= version.graceSeconds) return abandon ? 'missed' : 'ran';
  if (version.missedRuns === 'window' && late > (version.windowSeconds ?? 0)) return 'window_expired';
  return newest && version.missedRuns !== 'skip' && !abandon ? 'ran' : 'missed';
}
