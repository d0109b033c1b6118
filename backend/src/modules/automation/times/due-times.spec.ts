import { dueTimeAfter, nextDueTimes, ONCE, timingProblem, type Timing } from './due-times';

const timing = (cron: string, timezone = 'Europe/Paris', runAt: Date | null = null): Timing => ({
  cron,
  timezone,
  runAt,
});
const later = new Date('2026-12-01T03:00:00Z');

describe('due times of schedules', () => {
  it('are one at most for a single run', () => {
    expect(nextDueTimes(timing(ONCE, 'UTC', later), new Date('2026-11-30T00:00:00Z'), 5)).toEqual([later]);
    expect(nextDueTimes(timing(ONCE, 'UTC', later), later, 5)).toEqual([]);
  });

  it('are as many as are asked for, or years apart', () => {
    expect(nextDueTimes(timing('30 2 * * *'), later, 5)).toHaveLength(5);
    expect(dueTimeAfter(timing('0 0 29 2 *', 'UTC'), later)).toEqual(new Date('2028-02-29T00:00:00Z'));
  });

  it.each<[Timing, string, string]>([
    [timing('0 0 30 2 *'), 'cron', 'cron_never'],
    [timing('0 3 * *'), 'cron', 'cron_unreadable'],
    [timing('0 3 * * *', 'Europe/Atlantis'), 'timezone', 'timezone_unknown'],
    [timing('0 3 * * *', 'UTC', later), 'runAt', 'run_at_unused'],
    [timing(ONCE), 'runAt', 'run_at_missing'],
    [timing(ONCE, 'Nowhere', later), 'timezone', 'timezone_unknown'],
  ])('cannot be told of %j: %s %s', (wrong, field, problem) => {
    expect(timingProblem(wrong)).toEqual({ field, problem });
  });
});
