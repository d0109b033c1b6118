import { approvalOf, sentencesOf, stricter, type AskedRule } from './approval';
import { matches, type ApprovalConditions, type ApprovalFacts } from './approval-conditions';

const ANY: ApprovalConditions = {
  actions: [],
  risks: [],
  requesters: [],
  tagIds: [],
  minMachines: null,
  removals: false,
  newPackages: false,
  origin: null,
};
const FACTS: ApprovalFacts = {
  action: 'apt_upgrade',
  risk: 'medium',
  requester: 'user',
  machines: 3,
  tagSets: [new Set(['t1']), new Set(['t2'])],
  effects: { removed: 1, added: 0, origins: 'security' },
};
const rule = (demand: AskedRule['demand'], conditions: Partial<ApprovalConditions> = {}, name = demand): AskedRule => ({
  id: name,
  name,
  demand,
  conditions: { ...ANY, ...conditions },
});

describe('a condition', () => {
  it.each<[string, Partial<ApprovalConditions>, 'yes' | 'no']>([
    ['nothing', {}, 'yes'],
    ['this action', { actions: ['reboot', 'apt_upgrade'] }, 'yes'],
    ['another action', { actions: ['reboot'] }, 'no'],
    ['this risk', { risks: ['medium', 'high'] }, 'yes'],
    ['another risk', { risks: ['high'] }, 'no'],
    ['people', { requesters: ['user'] }, 'yes'],
    ['agents', { requesters: ['hermes'] }, 'no'],
    ['a tag of a machine', { tagIds: ['t0', 't1'] }, 'yes'],
    ['a tag of none', { tagIds: ['t0'] }, 'no'],
    ['so many machines', { minMachines: 3 }, 'yes'],
    ['more machines', { minMachines: 4 }, 'no'],
    ['removals', { removals: true }, 'yes'],
    ['new packages', { newPackages: true }, 'no'],
    ['security only', { origin: 'security_only' }, 'yes'],
    ['other archives', { origin: 'other_archives' }, 'no'],
    ['all of it, but for one', { actions: ['apt_upgrade'], removals: true, minMachines: 9 }, 'no'],
  ])('%s', (_what, conditions, match) => {
    expect(matches({ ...ANY, ...conditions }, FACTS, 'some')).toBe(match);
  });

  it.each<Partial<ApprovalConditions>>([
    { removals: true },
    { newPackages: true },
    { origin: 'security_only' },
    { origin: 'other_archives' },
    { risks: ['high'] },
  ])('of what is not known is not known: %j', (conditions) => {
    const unknown = { ...FACTS, risk: null, effects: { removed: null, added: null, origins: null } };
    expect(matches({ ...ANY, ...conditions }, unknown, 'some')).toBe('unknown');
    expect(matches({ ...ANY, ...conditions, minMachines: 4 }, unknown, 'some')).toBe('no');
  });

  it('on where packages come from holds for nothing that brings none', () => {
    const none = { ...FACTS, effects: { removed: 1, added: 0, origins: 'none' } as const };
    expect(matches({ ...ANY, origin: 'security_only' }, none, 'some')).toBe('no');
    expect(matches({ ...ANY, origin: 'other_archives' }, none, 'some')).toBe('no');
  });

  it('on tags holds for a rule that asks for less only where each machine carries one', () => {
    const of = (...tagIds: string[]) => matches({ ...ANY, tagIds }, FACTS, 'every');
    expect([of('t1'), of('t2'), of('t1', 't2'), of()]).toEqual(['no', 'no', 'yes', 'yes']);
    expect(matches({ ...ANY, tagIds: ['t1'] }, { ...FACTS, tagSets: [] }, 'every')).toBe('no');
  });
});

describe('the rules', () => {
  const asked = { ownConfirmation: false, fourEyes: false, administrators: false };

  it('ask for nothing where there are none, or none speaks of it', () => {
    expect(approvalOf([], FACTS)).toEqual({ ...asked, reasons: [] });
    expect(approvalOf([rule('four_eyes', { minMachines: 10 })], FACTS)).toEqual({ ...asked, reasons: [] });
  });

  it('leave it to whoever asked only where no stricter one speaks', () => {
    expect(approvalOf([rule('own_confirmation')], FACTS)).toMatchObject({ ...asked, ownConfirmation: true });
    const both = approvalOf([rule('own_confirmation'), rule('administrators', { removals: true })], FACTS);
    expect(both).toMatchObject({ ...asked, administrators: true });
    expect(sentencesOf(both)).toEqual(['An administrator has to confirm it, by the rule administrators.']);
  });

  it('count what is not known against whoever asked', () => {
    const unknown = { ...FACTS, effects: { removed: null, added: null, origins: null } };
    expect(approvalOf([rule('own_confirmation', { origin: 'security_only' })], unknown).ownConfirmation).toBe(false);
    expect(approvalOf([rule('four_eyes', { removals: true })], unknown).fourEyes).toBe(true);
  });

  it.each(['hermes', 'api_client'] as const)('never leave it to %s, whatever they are', (requester) => {
    const approval = approvalOf([rule('own_confirmation')], { ...FACTS, requester });
    expect(approval).toMatchObject({ ...asked, fourEyes: true });
    expect(sentencesOf(approval)).toEqual([
      'A program asks for it: a person has to confirm it, whatever the rules say.',
    ]);
  });

  it('of then and of now count both where they ask for more', () => {
    const own = approvalOf([rule('own_confirmation')], FACTS);
    const nothing = approvalOf([], FACTS);
    const strict = approvalOf([rule('four_eyes'), rule('administrators')], FACTS);
    expect(stricter(own, own).ownConfirmation).toBe(true);
    expect(stricter(own, nothing).ownConfirmation).toBe(false);
    expect(stricter(nothing, own).ownConfirmation).toBe(false);
    for (const both of [stricter(strict, nothing), stricter(nothing, strict), stricter(strict, strict)]) {
      expect(both).toMatchObject({ ...asked, fourEyes: true, administrators: true });
      expect(both.reasons).toHaveLength(2);
    }
  });
});
