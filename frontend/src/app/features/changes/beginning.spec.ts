import { beginningOf } from './beginning';

describe('when a change begins', () => {
  it.each([
    [[], 'now'],
    [['unbound', 'open'], 'now'],
    [['unbound', 'later'], 'later'],
    [['open', 'never'], 'later'],
    [['never', 'never'], 'never'],
  ] as const)('of %j: %s', (states, beginning) => {
    expect(beginningOf(states.map((state) => ({ state })))).toBe(beginning);
  });
});
