import { dayKey, weeksOf } from './calendar-month';

describe('the weeks of a month', () => {
  it('begin on Mondays, and are filled by the neighbours', () => {
    const weeks = weeksOf(new Date(2026, 10, 15));
    expect(weeks.map(([monday]) => monday?.key)).toEqual([
      '2026-10-26',
      '2026-11-02',
      '2026-11-09',
      '2026-11-16',
      '2026-11-23',
      '2026-11-30',
    ]);
    expect(weeks.at(-1)?.map(({ inMonth }) => inMonth)).toEqual([true, false, false, false, false, false, false]);
  });

  it('are four where February begins on a Monday', () => {
    expect(weeksOf(new Date(2027, 1, 1))).toHaveLength(4);
  });

  it('keep each day once where the clocks change', () => {
    const days = weeksOf(new Date(2026, 2, 1))
      .flat()
      .map(({ key }) => key);
    expect(new Set(days).size).toBe(days.length);
    expect(dayKey(new Date(2026, 2, 29, 3))).toBe('2026-03-29');
  });
});
