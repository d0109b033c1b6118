import { abandonedSteps, StepTracker } from './step-tracker';

const now = new Date('2026-01-02T03:04:05.000Z');
const declared = [
  { name: 'refresh', sections: ['refresh'], log: 'output' as const },
  { name: 'plans', sections: ['plan.*', 'policy'] },
];
const statuses = (tracker: StepTracker) => tracker.snapshot().map(({ name, status }) => `${name} ${status}`);

describe('the steps of an attempt', () => {
  it('follow the sections, exact and by prefix', () => {
    const tracker = new StepTracker(declared, () => now);
    tracker.begin('connect');
    expect(tracker.section('refresh')).toBe(true);
    expect(tracker.section('unknown')).toBe(false);
    expect(tracker.section('plan.upgrade')).toBe(true);
    expect(tracker.section('policy')).toBe(false);
    expect(statuses(tracker)).toEqual(['connect done', 'refresh done', 'plans running', 'store waiting']);
    expect([tracker.logOf('refresh'), tracker.logOf('plan.x'), tracker.logOf('unknown')]).toEqual([
      'output',
      'errors',
      'errors',
    ]);
  });

  it('do not overlap when sections of a step come after those of the next one', () => {
    let second = 0;
    const tracker = new StepTracker(declared, () => new Date(now.getTime() + 1000 * (second += 1)));
    tracker.begin('connect');
    tracker.section('plan.upgrade');
    expect([tracker.section('refresh'), tracker.section('policy')]).toEqual([true, false]);
    tracker.begin('store');
    tracker.finish();
    const times = tracker
      .snapshot()
      .map(({ name, startedAt, endedAt }) => [name, startedAt ?? '', endedAt ?? ''] as const);
    const byBeginning = [...times].sort((a, b) => a[1].localeCompare(b[1]));
    expect(byBeginning.map(([name]) => name)).toEqual(['connect', 'plans', 'refresh', 'store']);
    for (const [index, [, , end]] of byBeginning.slice(0, -1).entries())
      expect(end <= (byBeginning[index + 1]?.[1] ?? '')).toBe(true);
  });

  it('end with what failed and what was skipped', () => {
    const tracker = new StepTracker(declared, () => now);
    tracker.begin('connect');
    tracker.section('plan.upgrade');
    tracker.begin('store');
    tracker.finish(['plans']);
    expect(statuses(tracker)).toEqual(['connect done', 'refresh skipped', 'plans failed', 'store done']);
  });

  it('say how far the present one is, in whole percent', () => {
    const tracker = new StepTracker(declared, () => now);
    tracker.begin('refresh');
    expect(tracker.advance({ step: 'refresh', percent: 12.9, subject: 'a' })).toBe(true);
    expect(tracker.advance({ step: 'refresh', percent: 12.1, subject: 'a' })).toBe(false);
    expect(tracker.advance({ step: 'plans', percent: 50, subject: 'a' })).toBe(false);
    expect(tracker.snapshot()[1]).toMatchObject({ name: 'refresh', percent: 12, subject: 'a' });
    tracker.begin('plans');
    expect(tracker.snapshot()[1]).toMatchObject({ name: 'refresh', percent: null, subject: null });
  });

  it('break off where the attempt broke off', () => {
    const tracker = new StepTracker(declared, () => now);
    tracker.begin('connect');
    const left = abandonedSteps(tracker.snapshot(), now);
    tracker.abort();
    expect(statuses(tracker)).toEqual(['connect failed', 'refresh skipped', 'plans skipped', 'store skipped']);
    expect(left).toEqual(tracker.snapshot());
  });
});
