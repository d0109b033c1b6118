import { cronOf, rhythmOf, type Rhythm } from './recurrence';

describe('rhythms', () => {
  it.each<[Exclude<Rhythm, { kind: 'cron' }>, string]>([
    [{ kind: 'weekly', days: [1, 2, 3, 4, 5, 6, 0], time: '02:00' }, '0 2 * * *'],
    [{ kind: 'weekly', days: [6, 0], time: '23:05' }, '5 23 * * SAT,SUN'],
    [{ kind: 'monthly', week: 2, day: 5, time: '04:30' }, '30 4 * * FRI#2'],
    [{ kind: 'once' }, '@once'],
  ])('%j is %s, both ways', (rhythm, cron) => {
    expect(cronOf(rhythm)).toBe(cron);
    expect(rhythmOf(cron)).toEqual(rhythm);
  });

  it('reads weekdays by number too', () => {
    expect(rhythmOf('0 2 * * 0,7')).toEqual({ kind: 'weekly', days: [0, 0], time: '02:00' });
    expect(rhythmOf('0 2 * * 1')).toEqual({ kind: 'weekly', days: [1], time: '02:00' });
  });

  it.each(['*/5 * * * *', '0 2 1 * *', '0 2 * * MON-FRI', '0 2 * * FRI#L', '61 2 * * *', '0 24 * * *', '', 'x'])(
    'leaves %j to be read as it is',
    (cron) => {
      expect(rhythmOf(cron)).toEqual({ kind: 'cron' });
    },
  );
});
