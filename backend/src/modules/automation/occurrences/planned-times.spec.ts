import { setImmediate as breath } from 'node:timers/promises';
import { dueTimesAfter, ONCE, type Timing } from '../times/due-times';
import { MOST_OF_ONE, PlannedTimes, type TimedSchedule } from './planned-times';

const FROM = new Date('2026-10-21T10:17:30Z');
const MONTH = new Date('2026-11-22T10:00:00Z');
const MOST = 5_000;
const zones = Intl.supportedValuesOf('timeZone');

const schedule = (id: string, cron: string, timezone = 'Europe/Paris', more: Partial<TimedSchedule> = {}) => {
  return { id, name: id, cron, timezone, runAt: null, nextRunAt: FROM, ...more } satisfies TimedSchedule;
};
/** Each day, in so many zones. */
const daily = (count: number) => {
  return Array.from({ length: count }, (_, n) => {
    const cron = `${String(n % 60)} ${String(n % 24)} * * *`;
    return schedule(String(n), cron, zones[n % zones.length]);
  });
};
/** Counts what is gone through. */
function counting() {
  const walked = { times: 0 };
  const planned = new PlannedTimes(function* (timing: Timing, after: Date) {
    for (const time of dueTimesAfter(timing, after)) {
      walked.times += 1;
      yield time;
    }
  });
  return { walked, planned };
}
/** One by one, to the end, or until there are too many. */
function walk(one: TimedSchedule, from: Date, to: Date): number[] {
  const times: number[] = [];
  for (const time of dueTimesAfter(one, new Date(from.getTime() - 1))) {
    if (time >= to || times.length > MOST_OF_ONE) break;
    times.push(time.getTime());
  }
  return times;
}

describe('times to come', () => {
  it.each([
    ['a month', FROM, MONTH],
    ['two months and a change of the clocks', new Date('2026-10-03T00:00:00Z'), new Date('2026-12-04T00:00:00Z')],
    ['an afternoon', FROM, new Date('2026-10-21T16:00:00Z')],
    ['less than an hour', FROM, new Date('2026-10-21T10:44:00Z')],
  ])('of %s are those that the scheduler will find', async (_span, from, to) => {
    const all = [
      schedule('daily', '30 2 * * *'),
      schedule('lord howe', '45 1 * * *', 'Australia/Lord_Howe'),
      schedule('six hours', '0 */6 * * *', 'UTC'),
      schedule('mondays', '5 4 * * MON', 'America/New_York'),
      schedule('five minutes', '*/5 * * * *'),
      schedule('each minute', '* * * * *', 'UTC'),
      schedule('once', ONCE, 'UTC', { runAt: new Date('2026-10-21T10:40:00Z') }),
      schedule('later', '0 * * * *', 'UTC', { nextRunAt: new Date('2026-10-21T13:00:00Z') }),
    ];
    const planned = new PlannedTimes();
    // What another span left behind is no part of this one.
    await planned.between(all, new Date(from.getTime() - 1_800_000), to, MOST);
    for (const { schedule: one, times, often } of await planned.between(all, from, to, MOST)) {
      const expected = walk(one, new Date(Math.max(from.getTime(), (one.nextRunAt ?? to).getTime())), to);
      expect([one.id, often]).toEqual([one.id, expected.length > MOST_OF_ONE]);
      expect(times.slice(0, MOST_OF_ONE)).toEqual(expected.slice(0, MOST_OF_ONE));
    }
  });

  it('are none of what cannot be told', async () => {
    const [found] = await new PlannedTimes().between([schedule('mars', '0 3 * * *', 'Mars/Phobos')], FROM, MONTH, MOST);
    expect(found).toMatchObject({ times: [], often: false });
  });

  it('are gone through no further than there is room for, and only once', async () => {
    const { walked, planned } = counting();
    const all = daily(60);
    const few = MOST / 10;
    const found = await planned.between(all, FROM, new Date(FROM.getTime() + 62 * 86_400_000), few);
    // 3,720 are due.
    expect(walked.times).toBeLessThan(1_200);
    const told = found.flatMap(({ times }) => times).sort((a, b) => a - b);
    const due = all.flatMap((one) => walk(one, FROM, new Date(FROM.getTime() + 14 * 86_400_000)));
    expect(told.slice(0, few + 1)).toEqual(due.sort((a, b) => a - b).slice(0, few + 1));
    const before = walked.times;
    await planned.between(all, new Date(FROM.getTime() + 60_000), MONTH, few);
    expect(walked.times).toBe(before);
  });

  it('leave the others room where some are due too often to be told', async () => {
    const hourly = Array.from({ length: 12 }, (_, n) => schedule(`h${String(n)}`, `${String(n)} * * * *`, 'UTC'));
    const found = await new PlannedTimes().between([...hourly, ...daily(10)], FROM, MONTH, 1_000);
    expect(found.filter(({ often }) => often)).toHaveLength(12);
    const rest = found.filter(({ often }) => !often);
    expect(rest.map(({ times }) => times)).toEqual(rest.map((one) => walk(one.schedule, FROM, MONTH)));
  });

  it('let the process do other things meanwhile', async () => {
    const asked = { over: false };
    const planned = new PlannedTimes();
    const all = planned.between(daily(200), FROM, MONTH, MOST * 2).finally(() => (asked.over = true));
    const stalls: number[] = [];
    for (let before = process.cpuUsage(); !asked.over; before = process.cpuUsage()) {
      await breath();
      stalls.push(process.cpuUsage(before).user / 1000);
    }
    await all;
    const whole = stalls.reduce((sum, stall) => sum + stall, 0);
    expect(stalls.length).toBeGreaterThan(5);
    // Of what it takes altogether, in milliseconds of the processor: the box may be busy.
    expect(Math.max(...stalls)).toBeLessThan(whole / 3);
  });

  it('are looked for once when several ask at the same moment', async () => {
    const { walked, planned } = counting();
    const ask = () => planned.between(daily(100), FROM, MONTH, MOST);
    const [first, ...others] = await Promise.all([ask(), ask(), ask()]);
    for (const other of others) expect(other).toEqual(first);
    expect(walked.times).toBeLessThan(100 * 45);
  });

  it('go on being told after a question that failed', async () => {
    let broken = true;
    const planned = new PlannedTimes((timing, after) => {
      if (broken) throw new Error('broken');
      return dueTimesAfter(timing, after);
    });
    await expect(planned.between(daily(1), FROM, MONTH, MOST)).rejects.toThrow('broken');
    broken = false;
    expect((await planned.between(daily(1), FROM, MONTH, MOST))[0]?.times).toHaveLength(32);
  });
});
