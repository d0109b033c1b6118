import { walkMinutes } from '../../test/support/minute-walk';
import { dueTimes, isTimezone, recurrenceProblem } from './cron';

function first(count: number, cron: string, timezone: string, after: string): string[] {
  const found: string[] = [];
  for (const time of dueTimes({ cron, timezone }, new Date(after))) {
    found.push(time.toISOString());
    if (found.length === count) break;
  }
  return found;
}

function between(cron: string, timezone: string, from: Date, to: Date): string[] {
  const found: string[] = [];
  for (const time of dueTimes({ cron, timezone }, from)) {
    if (time > to) break;
    found.push(time.toISOString());
  }
  return found;
}

const crons = [
  '30 2 * * *',
  '0 2 * * *',
  '*/15 * * * *',
  '*/20 */2 * * *',
  '5-10 1-3 * * *',
  '10,50 1,2,3 * * *',
  '0 4 * * FRI#2',
  '15 2 L * *',
  '30 1 1,15 * MON',
];
const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];

describe('recurrences', () => {
  it.each(zones.flatMap((zone) => crons.map((cron) => [cron, zone] as const)))(
    'are due as a walk through every minute finds: %s in %s',
    (cron, zone) => {
      for (const [from, to] of [
        [new Date('2026-03-06T00:00:00Z'), new Date('2026-04-07T00:00:00Z')],
        [new Date('2026-10-23T00:00:00Z'), new Date('2026-11-03T00:00:00Z')],
      ] as const) {
        const walked = walkMinutes(cron, zone, from, to).map((time) => time.toISOString());
        expect(between(cron, zone, from, to)).toEqual(walked);
      }
    },
  );

  it.each([
    ['2026-10-24T22:00:00Z', '2026-10-25T06:00:00Z'],
    ['2026-03-28T22:00:00Z', '2026-03-29T06:00:00Z'],
  ])('are due at the same moments wherever the search begins, from %s on', (from, to) => {
    for (const cron of ['*/10 * * * *', '5,35 0-4 * * *', '30 2 * * *']) {
      const end = Date.parse(to) + 86_400_000;
      const all = between(cron, 'Europe/Paris', new Date(from), new Date(end));
      for (let at = Date.parse(from); at < Date.parse(to); at += 60_000) {
        const [next] = dueTimes({ cron, timezone: 'Europe/Paris' }, new Date(at));
        expect(next?.toISOString()).toBe(all.find((time) => Date.parse(time) > at));
      }
    }
  });

  it.each([
    ['30 2 * * *', 'Europe/Paris', null],
    ['0 0 * * FRI#2', 'UTC', null],
    ['0 0 L * *', 'America/New_York', null],
    ['0 0 29 2 *', 'UTC', null],
    ['0 0 30 2 *', 'UTC', 'never'],
    ['', 'UTC', 'cron'],
    ['x', 'UTC', 'cron'],
    ['0 0 0 1 1 *', 'UTC', 'cron'],
    ['@daily', 'UTC', 'cron'],
    ['H * * * *', 'UTC', 'cron'],
    ['61 * * * *', 'UTC', 'cron'],
    ['0 0 * * MON,FRI#2', 'UTC', 'nth'],
    ['0 0 * * FRI#2,MON', 'UTC', 'nth'],
    ['0 0 * * MON-FRI#2', 'UTC', 'nth'],
    ['0 0 * * FRI#6', 'UTC', 'cron'],
    ['*/61 * * * *', 'UTC', 'step'],
    ['*/60 */24 * * *', 'UTC', null],
    ['0 0 1-31/40 * *', 'UTC', 'step'],
    ['0 8,20/5 * * *', 'UTC', 'step'],
    ['0 20/4 * * *', 'UTC', null],
    ['0 0 * * *', 'Mars/Olympus', 'timezone'],
    ['0 0 * * *', '+01:00', 'timezone'],
    ['0 0 * * *', '', 'timezone'],
  ])('%j in %j: %j', (cron, timezone, problem) => {
    expect(recurrenceProblem({ cron, timezone })).toBe(problem);
  });

  it('knows the zones by name', () => {
    expect(['UTC', 'Europe/Paris', 'Asia/Kolkata', 'EST5EDT', 'GMT0', 'Etc/GMT+5'].every(isTimezone)).toBe(true);
    expect(['Paris', 'Europe/', "UTC'; DROP"].some(isTimezone)).toBe(false);
  });

  it('is due once where the clocks leave its time out, and once where they show it twice', () => {
    expect(first(2, '30 2 * * *', 'Europe/Paris', '2026-03-28T12:00:00Z')).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(first(2, '30 2 * * *', 'Europe/Paris', '2026-10-24T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('is due each hour that passes, also in the one that the clocks show twice', () => {
    expect(first(3, '0 * * * *', 'Europe/Paris', '2026-10-24T23:30:00Z')).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-10-25T01:00:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ]);
  });
});
