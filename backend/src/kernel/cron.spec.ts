import { dueTimes, isTimezone, recurrenceProblem } from './cron';

function first(count: number, cron: string, timezone: string, after: string): string[] {
  const found: string[] = [];
  for (const time of dueTimes({ cron, timezone }, new Date(after))) {
    found.push(time.toISOString());
    if (found.length === count) break;
  }
  return found;
}

describe('recurrences', () => {
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
    ['0 0 * * *', 'Mars/Olympus', 'timezone'],
    ['0 0 * * *', '+01:00', 'timezone'],
    ['0 0 * * *', '', 'timezone'],
  ])('%j in %j: %j', (cron, timezone, problem) => {
    expect(recurrenceProblem({ cron, timezone })).toBe(problem);
  });

  it('knows the zones by name', () => {
    expect(['UTC', 'Europe/Paris', 'Asia/Kolkata'].every(isTimezone)).toBe(true);
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
