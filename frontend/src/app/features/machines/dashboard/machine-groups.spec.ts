import type { MachineTileDto } from '../../../api/models';
import { groupsByKind, groupsByTag, WITHOUT_TAG } from './machine-groups';

const machine = (
  id: string,
  need: MachineTileDto['need'],
  tags: readonly string[],
  machineKind: MachineTileDto['machineKind'] = 'vm',
): MachineTileDto =>
  ({ id, need, machineKind, tags: tags.map((name) => ({ id: `t-${name}`, name, color: null })) }) as MachineTileDto;

const fleet = [
  machine('a', 'failed', ['web', 'prod']),
  machine('b', 'clean', ['prod'], 'lxc'),
  machine('c', 'security', []),
];

describe('groups', () => {
  it('by tag name a machine under each of its tags, and those without any last', () => {
    expect(groupsByTag(fleet).map(({ key, name, ids, needYou }) => ({ key, name, ids, needYou }))).toEqual([
      { key: 't-prod', name: 'prod', ids: ['a', 'b'], needYou: 1 },
      { key: 't-web', name: 'web', ids: ['a'], needYou: 1 },
      { key: WITHOUT_TAG, name: null, ids: ['c'], needYou: 1 },
    ]);
  });

  it('by kind name only kinds that there are', () => {
    expect(groupsByKind(fleet).map(({ key, ids, needYou }) => ({ key, ids, needYou }))).toEqual([
      { key: 'vm', ids: ['a', 'c'], needYou: 2 },
      { key: 'lxc', ids: ['b'], needYou: 0 },
    ]);
  });
});
