import type { MissedRuns } from '../entities/automation.values';
import { dueDecisions } from './due-decisions';

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
