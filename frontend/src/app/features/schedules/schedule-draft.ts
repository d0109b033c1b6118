import type {
  ActionDto,
  SaveScheduleDto,
  ScheduleDetailDto,
  ScheduledActionDto,
  SchedulePolicyDto,
  ScheduleScopeDto,
} from '../../api/models';

/** What a new policy allows: security updates, and nothing that people should look at first. */
export const CAREFUL: SchedulePolicyDto = {
  archives: 'security',
  origins: null,
  packages: null,
  excludedPackages: [],
  removals: false,
  newPackages: false,
  downgrades: false,
  accepted: [],
};

export const NO_SCOPE: ScheduleScopeDto = {
  wholeFleet: false,
  machineIds: [],
  tagIds: [],
  conditions: { securityUpdates: false, updates: false, rebootRequired: false, notAnalysedDays: null },
};

/** What a new schedule looks like: an analysis, each night. */
export function freshDraft(timezone: string): SaveScheduleDto {
  return {
    name: '',
    enabled: true,
    cron: '0 2 * * *',
    runAt: null,
    timezone,
    scope: NO_SCOPE,
    actions: [{ action: 'apt_update_analyze', parameters: {} }],
    concurrency: 10,
    notifyOn: ['error', 'approval_needed'],
    missedRuns: 'skip',
    graceSeconds: 300,
    windowSeconds: null,
    policy: null,
    acknowledged: [],
  };
}

export function draftOf(schedule: ScheduleDetailDto): SaveScheduleDto {
  const { name, enabled, cron, runAt, timezone, concurrency, notifyOn, missedRuns } = schedule;
  const { graceSeconds, windowSeconds, policy, scope, actions } = schedule;
  return {
    ...{ name, enabled, cron, runAt, timezone, concurrency, notifyOn, missedRuns, graceSeconds, windowSeconds, policy },
    scope: scope ?? NO_SCOPE,
    actions: actions.map(({ action, parameters = {} }) => ({ action, parameters })),
    acknowledged: [],
  };
}

/** Pure: whether a scope says which machines are meant. */
export function namesMachines({ wholeFleet, machineIds, tagIds }: ScheduleScopeDto): boolean {
  return wholeFleet || machineIds.length > 0 || tagIds.length > 0;
}

/** Pure: whether an action of the list changes machines, so that a policy is needed. */
export function needsPolicy(actions: readonly ScheduledActionDto[], known: readonly ActionDto[]): boolean {
  const changes = new Set(known.filter(({ kind }) => kind === 'change').map(({ name }) => name));
  return actions.some(({ action }) => changes.has(action));
}

/** Pure: what can be scheduled. Plans are made by the change itself. */
export function schedulable(known: readonly ActionDto[]): ActionDto[] {
  const changes = new Set(known.filter(({ kind }) => kind === 'change').map(({ name }) => `${name}_plan`));
  return known.filter(({ name }) => !changes.has(name) && SCHEDULED.has(name));
}

/** Others ask for more than a schedule can say: names of packages or units, a note. */
const SCHEDULED = new Set(['apt_update_analyze', 'machine_probe', 'apt_upgrade', 'apt_autoremove', 'reboot']);

/** Pure: names as people write them in a field. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))];
}
