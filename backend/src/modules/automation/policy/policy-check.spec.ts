import { STRICT_POLICY } from '../../../../test/support/policies';
import type { PackageEffect } from '../../jobs/actions/change-action';
import type { PolicyDocument } from '../contracts/schedule-documents';
import { acceptedBy, acceptedByAll, excessOf, excessOfAll } from './policy-check';

const open: PolicyDocument = {
  ...STRICT_POLICY,
  archives: 'any',
  removals: true,
  new_packages: true,
  downgrades: true,
};

const upgrade = (name: string, more: Partial<PackageEffect> = {}): PackageEffect => ({
  operation: 'upgrade',
  name,
  origin: 'Debian-Security:12/stable-security',
  security: true,
  ...more,
});
const removal = (name: string): PackageEffect => ({ operation: 'remove', name, origin: null, security: null });
const excess = (policy: PolicyDocument, effects: readonly PackageEffect[] | null, ...codes: string[]) =>
  excessOf(policy, { consequences: codes.map((code) => ({ code, sentence: code })) }, effects);

describe('a plan within its policy', () => {
  it.each<[string, PolicyDocument, PackageEffect[] | null, string[]]>([
    ['security updates', STRICT_POLICY, [upgrade('openssl')], []],
    ['anything', open, [removal('a'), upgrade('b', { operation: 'install', security: null })], ['removals']],
    ['packages by name', { ...open, packages: ['lib*', 'nginx'] }, [upgrade('libc6:i386'), upgrade('nginx')], []],
    ['one of several origins', { ...open, origins: ['Docker'] }, [upgrade('x', { origin: 'Other:1/a, Docker:b' })], []],
    ['a restart whose consequence was accepted', { ...STRICT_POLICY, accepted: ['guests'] }, null, ['guests']],
    ['removals of what has no list of packages', { ...STRICT_POLICY, removals: true }, null, ['removals']],
  ])('%s', (_what, policy, effects, codes) => {
    expect(excess(policy, effects, ...codes)).toEqual([]);
  });
});

describe('a plan beyond its policy', () => {
  it.each<[string, PolicyDocument, PackageEffect[] | null, string[], string]>([
    ['a removal', STRICT_POLICY, [upgrade('a'), removal('exim4')], ['removals'], 'removes exim4'],
    ['a new package', STRICT_POLICY, [upgrade('new', { operation: 'install' })], [], 'installs new'],
    ['a downgrade', STRICT_POLICY, [upgrade('old', { operation: 'downgrade' })], ['downgrades'], 'downgrades old'],
    [
      'no security archive',
      STRICT_POLICY,
      [upgrade('a', { security: false })],
      [],
      'not from an archive for security: a',
    ],
    ['an archive that is not known', STRICT_POLICY, [upgrade('a', { security: null })], [], 'archive for security: a'],
    ['another origin', { ...open, origins: ['Debian'] }, [upgrade('d', { origin: 'Docker:x' })], [], 'origin: d'],
    [
      'an origin that is not known',
      { ...open, origins: ['Debian'] },
      [upgrade('d', { origin: null })],
      [],
      'origin: d',
    ],
    ['a package that is not named', { ...open, packages: ['nginx'] }, [upgrade('nginx-core')], [], 'nginx-core'],
    [
      'a package that is left out',
      { ...open, excluded_packages: ['linux-*'] },
      [upgrade('linux-image')],
      [],
      'linux-image',
    ],
    ['the removal of one that is left out', { ...open, excluded_packages: ['a*z'] }, [removal('abz')], [], 'abz'],
    ['a consequence', open, [upgrade('a')], ['own_machine'], 'own_machine'],
    ['a removal that is only told of', STRICT_POLICY, null, ['removals'], 'removals'],
  ])('%s', (_what, policy, effects, codes, said) => {
    const sentences = excess(policy, effects, ...codes);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(said);
  });

  it('names a handful of packages, and how many more', () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(removal);
    expect(excess(STRICT_POLICY, many, 'removals')).toEqual(['It removes a, b, c, d, e, +2.']);
  });

  it.each(['a*', '*a', 'a*a', '*'])('%s matches what it says, and signs of expressions are none', (pattern) => {
    const policy = { ...open, packages: [pattern] };
    expect(excess(policy, [upgrade('aba')])).toEqual([]);
    expect(excess({ ...open, packages: ['a.a'] }, [upgrade('aba')])).toHaveLength(1);
    expect(excess({ ...open, packages: ['ab*ba'] }, [upgrade('aba')])).toHaveLength(1);
  });
});

it('accepts the consequences that its switches and its list name', () => {
  expect(acceptedBy({ ...STRICT_POLICY, removals: true, accepted: ['guests', 'removals'] })).toEqual([
    'removals',
    'guests',
  ]);
});

describe('two policies', () => {
  const named = { ...open, packages: ['lib*'] };
  const plan = { consequences: [{ code: 'guests', sentence: 'Guests run here.' }] };

  it('accept what both do, and nothing where one is not there', () => {
    expect(
      acceptedByAll([
        { ...open, accepted: ['guests'] },
        { ...STRICT_POLICY, removals: true, accepted: ['guests'] },
      ]),
    ).toEqual(['removals', 'guests']);
    expect(acceptedByAll([open, null])).toEqual([]);
  });

  it('are exceeded by what exceeds one of them, which is said once', () => {
    const changes = [upgrade('nginx'), upgrade('libc6', { security: false })];
    const said = [
      'It changes what the policy does not name: nginx.',
      'The policy does not accept what follows: Guests run here.',
    ];
    expect(excessOfAll([named, open], plan, changes)).toEqual(said);
    expect(excessOfAll([open, named], plan, changes)).toEqual(said.toReversed());
    expect(excessOfAll([open, STRICT_POLICY], { consequences: [] }, changes)).toEqual([
      'This is not from an archive for security: libc6.',
    ]);
  });
});
