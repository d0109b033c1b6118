import { openings, standing, type Opening, type Opens } from './openings';

const night: Opens = {
  name: 'Nights',
  cron: '0 2 * * *',
  opensAt: null,
  timezone: 'Europe/Paris',
  durationMinutes: 120,
};
const from = (windows: readonly Opens[], time: string): Opening[] => [...openings(windows, at(time))];
const at = (time: string): Date => new Date(time);
const HOUR = 3600;

describe('openings', () => {
  it('begins with the one that is open', () => {
    const [first, second] = from([night], '2026-06-10T01:00:00Z');
    expect(first).toEqual({ from: at('2026-06-10T00:00:00Z'), until: at('2026-06-10T02:00:00Z'), name: 'Nights' });
    expect(second?.from).toEqual(at('2026-06-11T00:00:00Z'));
  });

  it('is closed at its very end', () => {
    expect(from([night], '2026-06-10T02:00:00Z')[0]?.from).toEqual(at('2026-06-11T00:00:00Z'));
  });

  it('lasts as long as it says when the clocks change', () => {
    const spring = from([night], '2026-03-28T20:00:00Z')[0];
    const autumn = from([night], '2026-10-24T20:00:00Z')[0];
    for (const opening of [spring, autumn]) {
      expect((opening?.until.getTime() ?? 0) - (opening?.from.getTime() ?? 0)).toBe(2 * HOUR * 1000);
    }
  });

  it('makes one of those that touch', () => {
    const later: Opens = { ...night, name: 'Mornings', cron: '0 4 * * *', durationMinutes: 60 };
    expect(from([later, night], '2026-06-09T20:00:00Z')[0]).toEqual({
      from: at('2026-06-10T00:00:00Z'),
      until: at('2026-06-10T03:00:00Z'),
      name: 'Nights',
    });
  });

  it('opens once where it shall', () => {
    const once: Opens = { ...night, cron: '@once', opensAt: at('2026-06-10T12:00:00Z') };
    expect(from([once], '2026-06-10T00:00:00Z')).toHaveLength(1);
    expect(from([once], '2026-06-10T14:00:00Z')).toEqual([]);
  });
});

describe('the standing of work', () => {
  it('is free where no window speaks of the machine', () => {
    expect(standing([], HOUR, at('2026-06-10T00:00:00Z'))).toEqual({ kind: 'unbound' });
  });

  it('may begin while the rest of the window is long enough', () => {
    expect(standing([night], HOUR, at('2026-06-10T00:59:00Z'))).toMatchObject({
      kind: 'open',
      latestStart: at('2026-06-10T01:00:00Z'),
    });
  });

  it('waits for the next when it could not end inside any more', () => {
    expect(standing([night], HOUR, at('2026-06-10T01:00:00Z'))).toMatchObject({
      kind: 'later',
      from: at('2026-06-11T00:00:00Z'),
      latestStart: at('2026-06-11T01:00:00Z'),
    });
  });

  it('never begins where no window is long enough', () => {
    expect(standing([night], 3 * HOUR, at('2026-06-10T01:00:00Z'))).toEqual({
      kind: 'never',
      longestSeconds: 7200,
      unreadable: [],
    });
  });

  it('passes over a short window for a longer one', () => {
    const sunday: Opens = { ...night, name: 'Sunday', cron: '0 2 * * SUN', durationMinutes: 360 };
    expect(standing([{ ...night, durationMinutes: 30 }, sunday], HOUR, at('2026-06-10T10:00:00Z'))).toMatchObject({
      kind: 'later',
      name: 'Nights',
      from: at('2026-06-14T00:00:00Z'),
      until: at('2026-06-14T06:00:00Z'),
    });
  });
});

describe('a window that cannot be read', () => {
  const lost: Opens = { ...night, name: 'Lost', timezone: 'Europe/Nowhere' };
  const now = at('2026-06-10T01:00:00Z');

  it.each([
    ['a time zone', {}],
    ['five fields', { timezone: 'UTC', cron: 'every night' }],
    ['a date that no calendar has', { timezone: 'UTC', cron: '0 2 30 2 *' }],
  ])('for want of %s opens at no time, and is named', (_, more) => {
    expect(standing([{ ...lost, ...more }], 0, now)).toEqual({
      kind: 'never',
      longestSeconds: 0,
      unreadable: ['Lost'],
    });
  });

  it('takes nothing from another that is open', () => {
    expect(standing([lost, night], HOUR / 2, now)).toMatchObject({ kind: 'open', name: 'Nights' });
    expect(standing([lost, night], 3 * HOUR, now)).toEqual({
      kind: 'never',
      longestSeconds: 7200,
      unreadable: ['Lost'],
    });
  });

  it('opens once all the same: a moment needs no time zone', () => {
    const once = { ...lost, cron: '@once', opensAt: at('2026-06-10T00:30:00Z') };
    expect(standing([once], 0, now)).toMatchObject({ kind: 'open' });
  });
});
