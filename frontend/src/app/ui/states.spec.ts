import { groupOf, GROUPS, NEEDS } from './states';

describe('groups of needs', () => {
  it('hold every need once, in order of precedence', () => {
    const grouped = GROUPS.flatMap((group) => group.needs);
    expect(grouped).toEqual([...NEEDS]);
    expect(NEEDS.map(groupOf)).toEqual([
      'blocked',
      'blocked',
      'blocked',
      'running',
      'security',
      'reboot',
      'updates',
      'notKnown',
      'notKnown',
      'clean',
    ]);
  });
});
