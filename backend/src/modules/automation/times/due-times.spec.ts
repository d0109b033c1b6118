import { walkMinutes } from '../../../../test/support/minute-walk';
import { dueTimeAfter, dueTimesAfter, nextDueTimes, ONCE, timingProblem, type Timing } from './due-times';
import { isTimeZone, localTime, momentOf } from './local-time';

const timing = (cron: string, timezone = 'Europe/Paris', runAt: Date | null = null): Timing => ({
  cron,
  timezone,
  runAt,
});

function between(of: Timing, from: Date, to: Date): string[] {
  const times: string[] = [];
  for (const time of dueTimesAfter(of, from)) {
    if (time > to) break;
    times.push(time.toISOString());
  }
  return times;
}

const crons = [
  '30 2 * * *',
  '0 2 * * *',
  '0 3 * * *',
  '*/15 * * * *',
  '5-10 1-3 * * *',
  '0 4 * * FRI#2',
  '15 2 L * *',
  '30 1 1,15 * MON',
  '59 23 * 3,10 SUN',
];
const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];

describe('due times', () => {
  it.each(zones.flatMap((zone) => crons.map((cron) => [cron, zone] as const)))(
    'are those of a walk through every minute: %s in %s',
    (cron, zone) => {
      for (const [from, to] of [
        ['2026-03-06T00:00:00Z', '2026-04-07T00:00:00Z'],
        ['2026-10-23T00:00:00Z', '2026-11-03T00:00:00Z'],
      ] as const) {
        const walked = walkMinutes(cron, zone, new Date(from), new Date(to)).map((time) => time.toISOString());
        expect(between(timing(cron, zone), new Date(from), new Date(to))).toEqual(walked);
      }
    },
  );

  it('do not depend on where the search begins', () => {
    const [from, to] = [new Date('2026-10-24T22:00:00Z'), new Date('2026-10-25T06:00:00Z')];
    const all = between(timing('*/10 * * * *'), from, to);
    for (let at = from.getTime(); at < to.getTime(); at += 60_000) {
      const next = dueTimeAfter(timing('*/10 * * * *'), new Date(at))?.toISOString();
      expect(next).toBe(all.find((time) => Date.parse(time) > at) ?? '2026-10-25T06:10:00.000Z');
    }
  });

  it('come once as clocks go back, and at the jump as they go forward', () => {
    expect(nextDueTimes(timing('30 2 * * *'), new Date('2026-10-24T12:00:00Z'), 2).map(String)).toEqual(
      [new Date('2026-10-25T00:30:00Z'), new Date('2026-10-26T01:30:00Z')].map(String),
    );
    expect(nextDueTimes(timing('30 2 * * *'), new Date('2026-03-28T12:00:00Z'), 2).map(String)).toEqual(
      [new Date('2026-03-29T01:00:00Z'), new Date('2026-03-30T00:30:00Z')].map(String),
    );
  });

  it('are one at most for a single run', () => {
    const runAt = new Date('2026-12-01T03:00:00Z');
    expect(nextDueTimes(timing(ONCE, 'UTC', runAt), new Date('2026-11-30T00:00:00Z'), 5)).toEqual([runAt]);
    expect(nextDueTimes(timing(ONCE, 'UTC', runAt), runAt, 5)).toEqual([]);
  });

  it.each([
    ['0 0 30 2 *', 'cron', 'cron_never'],
    ['0 0 31 4,6,9,11 *', 'cron', 'cron_never'],
    ['0 3 * *', 'cron', 'cron_unreadable'],
    ['0 0 3 * * *', 'cron', 'cron_unreadable'],
    ['61 * * * *', 'cron', 'cron_unreadable'],
    ['H 3 * * *', 'cron', 'cron_unreadable'],
    ['0 3 * * FRI#6', 'cron', 'cron_unreadable'],
    ['@daily', 'cron', 'cron_unreadable'],
    ['', 'cron', 'cron_unreadable'],
    [ONCE, 'runAt', 'run_at_missing'],
  ])('of %s there are none: %s %s', (cron, field, problem) => {
    expect(timingProblem(timing(cron))).toEqual({ field, problem });
  });

  it('may be years apart', () => {
    expect(timingProblem(timing('0 0 29 2 *'))).toBeNull();
    expect(dueTimeAfter(timing('0 0 29 2 *', 'UTC'), new Date('2026-01-01T00:00:00Z'))).toEqual(
      new Date('2028-02-29T00:00:00Z'),
    );
  });

  it.each(['Europe/Atlantis', '+02:00', '', 'Europe/Paris; DROP', 'CESTX'])('know no zone %s', (zone) => {
    expect(timingProblem(timing('0 3 * * *', zone))).toEqual({ field: 'timezone', problem: 'timezone_unknown' });
  });
});

describe('local times', () => {
  it.each(zones)('lead back to their moment, in order: %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
    const wrong: string[] = [];
    let before = -Infinity;
    for (let local = Date.UTC(2026, 2, 1); local < Date.UTC(2026, 10, 30); local += 13 * 60_000) {
      const moment = momentOf(zone, local);
      // In a gap it is the first moment after it, whose local time is later.
      if (moment < before || localTime(zone, moment) < local) wrong.push(new Date(local).toISOString());
      before = moment;
    }
    expect(wrong).toEqual([]);
  });
});
