import type { MissedRuns } from '../entities/automation.values';
import { dueDecisions, endOf } from './due-decisions';

const NOON = new Date('2026-11-26T12:00:00Z');
const minutesLater = (minutes: number): Date => new Date(NOON.getTime() + minutes * 60_000);

/** What becomes of a schedule of every minute that is due since noon. */
function fates(minutes: number, missedRuns: MissedRuns, more: { graceSeconds?: number; windowSeconds?: number } = {}) {
  const timing = { cron: '* * * * *', runAt: null, timezone: 'UTC', timingProblem: null, nextRunAt: NOON };
  const { graceSeconds = 300, windowSeconds = null } = more;
  const schedule = { ...timing, missedRuns, graceSeconds, windowSeconds };
  const { decisions, next } = dueDecisions(schedule, minutesLater(minutes), 1_000);
  return { fates: decisions.map(({ refusal }) => refusal?.kind ?? 'runs'), next, decisions };
}

it.each<MissedRuns>(['skip', 'run_once', 'window'])(
  'of several times within the grace the newest alone runs: %s',
  (missedRuns) => {
    const found = fates(5, missedRuns, { windowSeconds: 3_600 });
    expect(found.fates).toEqual(['missed', 'missed', 'missed', 'missed', 'missed', 'runs']);
    expect(found.next).toEqual(minutesLater(6));
    expect(found.decisions[0]?.refusal?.message).toContain(minutesLater(5).toISOString());
  },
);

it('one that is alone runs while it is within the grace', () => {
  expect(fates(0.5, 'skip').fates).toEqual(['runs']);
  expect(fates(0.5, 'skip', { graceSeconds: 10 }).fates).toEqual(['missed']);
  expect(fates(0.5, 'run_once', { graceSeconds: 10 }).fates).toEqual(['runs']);
});

it('older ones than the window are over, whoever comes after them', () => {
  const found = fates(3, 'window', { graceSeconds: 0, windowSeconds: 90 });
  expect(found.fates).toEqual(['window_expired', 'window_expired', 'missed', 'runs']);
});

describe('machines that may be begun for a minute', () => {
  const minute = { graceSeconds: 120, windowSeconds: 60 };

  it('are not begun where their run is seen after it, though within the grace', () => {
    expect(fates(1.5, 'skip', minute).fates).toEqual(['missed', 'runs']);
    expect(fates(1.5, 'skip', { ...minute, graceSeconds: 20 }).fates).toEqual(['missed', 'missed']);
    const alone = { cron: '0 12 * * *', runAt: null, timezone: 'UTC', timingProblem: null, nextRunAt: NOON };
    const { decisions } = dueDecisions({ ...alone, ...minute, missedRuns: 'skip' }, minutesLater(1.5), 10);
    expect(decisions).toMatchObject([{ refusal: { kind: 'window_expired' } }]);
  });

  it('have it from then on where the newest runs late, however late', () => {
    const late = { missedRuns: 'run_once', windowSeconds: 60 } as const;
    expect(fates(30.5, 'run_once', { graceSeconds: 10, windowSeconds: 20 }).fates.at(-1)).toBe('runs');
    expect(endOf(late, NOON, minutesLater(30))).toEqual(minutesLater(31));
    expect(endOf({ ...late, missedRuns: 'window' }, NOON, minutesLater(30))).toEqual(minutesLater(1));
  });
});
