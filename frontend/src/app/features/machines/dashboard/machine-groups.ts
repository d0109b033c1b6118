import type { MachinePageDto, MachineTileDto } from '../../../api/models';
import type { IconName } from '../../../ui/icons';
import { GROUPS, NEEDS_YOU, type GroupKey, type Need } from '../../../ui/states';

export type Grouping = 'need' | 'tag' | 'kind';
export const GROUPINGS: readonly Grouping[] = ['need', 'tag', 'kind'];

/** Machines that stand together on the dashboard. A machine stands under each of its tags. */
export interface MachineGroup {
  readonly by: Grouping;
  /** A `GroupKey`, the id of a tag, or a kind. */
  readonly key: string;
  /** Of a tag, as people gave it; everything else is translated by its key. */
  readonly name: string | null;
  readonly icon: IconName;
  /** The states gathered, for a group by need. */
  readonly needs: readonly Need[];
  readonly ids: readonly string[];
  /** By need: machines on the server, loaded or not; else those that were loaded. */
  readonly total: number;
  /** How many need somebody now; null by need, where the group says it all. */
  readonly needYou: number | null;
}

/** The key of those without any tag: no id looks like this. */
export const WITHOUT_TAG = '';

const KINDS: readonly MachineTileDto['machineKind'][] = [
  'physical',
  'vm',
  'lxc',
  'proxmox_host',
  'raspberry_pi',
  'workstation',
  'unknown',
];

/** @param asked the states that the list is filtered by; all when empty */
export function groupsByNeed(
  order: readonly string[],
  places: ReadonlyMap<string, GroupKey>,
  counts: MachinePageDto['counts'] | null,
  asked: readonly Need[],
): MachineGroup[] {
  const byKey = new Map<GroupKey, string[]>();
  for (const id of order) {
    const key = places.get(id) ?? 'notKnown';
    const ids = byKey.get(key) ?? [];
    ids.push(id);
    byKey.set(key, ids);
  }
  return GROUPS.flatMap((group) => {
    const ids = byKey.get(group.key) ?? [];
    const counted = asked.length > 0 ? group.needs.filter((need) => asked.includes(need)) : group.needs;
    const total = counted.reduce((sum, need) => sum + (counts?.[need] ?? 0), 0);
    const { key, icon, needs } = group;
    return ids.length === 0
      ? []
      : [{ by: 'need', key, name: null, icon, needs, ids, total: Math.max(total, ids.length), needYou: null }];
  });
}

/** Tags by name, those without any last. */
export function groupsByTag(machines: readonly MachineTileDto[]): MachineGroup[] {
  const names = new Map(machines.flatMap((machine) => machine.tags.map((tag) => [tag.id, tag.name] as const)));
  const tags = [...names].sort(([, a], [, b]) => a.localeCompare(b));
  return [
    ...tags.map(([id, name]) =>
      group(
        'tag',
        id,
        name,
        machines.filter((machine) => machine.tags.some((tag) => tag.id === id)),
      ),
    ),
    group(
      'tag',
      WITHOUT_TAG,
      null,
      machines.filter((machine) => machine.tags.length === 0),
    ),
  ].filter(({ ids }) => ids.length > 0);
}

export function groupsByKind(machines: readonly MachineTileDto[]): MachineGroup[] {
  return KINDS.map((kind) =>
    group(
      'kind',
      kind,
      null,
      machines.filter((machine) => machine.machineKind === kind),
    ),
  ).filter(({ ids }) => ids.length > 0);
}

function group(by: Grouping, key: string, name: string | null, machines: readonly MachineTileDto[]): MachineGroup {
  return {
    by,
    key,
    name,
    icon: by === 'tag' ? 'tag' : 'machines',
    needs: [],
    ids: machines.map((machine) => machine.id),
    total: machines.length,
    needYou: machines.filter((machine) => NEEDS_YOU.includes(machine.need)).length,
  };
}
