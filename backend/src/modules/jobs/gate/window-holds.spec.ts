import { secondsToBegin } from './window-holds';

describe('the time to begin in that a machine is told', () => {
  const now = new Date('2026-03-01T10:00:00Z');
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000);
  const told = (latestStart: number, until: number) => {
    const times = { from: inSeconds(-600), latestStart: inSeconds(latestStart), until: inSeconds(until) };
    return secondsToBegin({ standing: { kind: 'open', name: 'Nights', ...times }, now });
  };

  it.each([
    ['ends at the latest start', 900, 1500, 900],
    ['is enough to connect and check for what was claimed at the last moment', 1, 601, 60],
    ['never goes past the end of the window', 20, 35, 35],
  ])('%s', (_, latestStart, until, seconds) => {
    expect(told(latestStart, until)).toBe(seconds);
  });

  it('has no end where no window binds the machine', () => {
    expect(secondsToBegin({ standing: { kind: 'unbound' }, now })).toBeNull();
    expect(secondsToBegin(null)).toBeNull();
  });
});
