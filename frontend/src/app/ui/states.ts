import type { MachineTileDto } from '../api/models';
import type { IconName } from './icons';

export type Need = MachineTileDto['need'];

/** In order of precedence: the first that holds is the machine's state. */
export const NEEDS: readonly Need[] = [
  'quarantined',
  'failed',
  'unreachable',
  'running',
  'security',
  'reboot',
  'updates',
  'unknown',
  'stale',
  'clean',
];

/** States in which somebody has to do something now. */
export const NEEDS_YOU: readonly Need[] = ['security', 'unreachable', 'failed', 'quarantined'];

/** The icon of a state has the state's name. */
export function needIcon(need: Need): IconName {
  return need;
}

export type GroupKey = 'blocked' | 'running' | 'security' | 'reboot' | 'updates' | 'notKnown' | 'clean';

/** Groups of the dashboard: what is blocked and what is not known each gather several states. */
export const GROUPS: readonly { key: GroupKey; icon: Need; needs: readonly Need[] }[] = [
  { key: 'blocked', icon: 'failed', needs: ['quarantined', 'failed', 'unreachable'] },
  { key: 'running', icon: 'running', needs: ['running'] },
  { key: 'security', icon: 'security', needs: ['security'] },
  { key: 'reboot', icon: 'reboot', needs: ['reboot'] },
  { key: 'updates', icon: 'updates', needs: ['updates'] },
  { key: 'notKnown', icon: 'unknown', needs: ['unknown', 'stale'] },
  { key: 'clean', icon: 'clean', needs: ['clean'] },
];

const GROUP_OF = new Map<Need, GroupKey>(
  GROUPS.flatMap((group) => group.needs.map((need) => [need, group.key] as const)),
);

export function groupOf(need: Need): GroupKey {
  return GROUP_OF.get(need) ?? 'notKnown';
}
