import { planCounts, planGroups } from './plan-groups';
import { readLines } from './plan-lines';

const { packages } = readLines([
  'downgrade bash:amd64 5.3 5.2 Debian:13/stable',
  'install linux-image-6.12.57:amd64 - 6.12.57-1 Debian:13/stable',
  'remove libssl-old:amd64 1.1 -',
  'upgrade curl:amd64 8.1 8.2 Debian-Security:13/stable-security',
  'upgrade adduser:all 3.1 3.2 Debian:13/stable',
]);

const facts = new Map(
  packages.map(({ line, name }) => [line, { security: ['curl', 'libssl-old'].includes(name), rollback: null }]),
);

describe('planGroups', () => {
  it('puts security first, then removals, then the rest by name', () => {
    const groups = planGroups(packages, facts);
    expect(groups.map(({ key, packages: list }) => [key, list.map(({ name }) => name)])).toEqual([
      ['security', ['curl']],
      ['removed', ['libssl-old']],
      ['other', ['adduser', 'bash', 'linux-image-6.12.57']],
    ]);
  });

  it('leaves out what is empty', () => {
    expect(planGroups([], new Map())).toEqual([]);
    expect(planGroups(packages.slice(0, 1), new Map()).map(({ key }) => key)).toEqual(['other']);
  });
});

describe('planCounts', () => {
  it('counts by operation', () => {
    expect(planCounts(packages)).toEqual({ upgrade: 2, install: 1, remove: 1, downgrade: 1 });
  });
});
