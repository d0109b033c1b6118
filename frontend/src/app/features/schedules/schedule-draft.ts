import type {
  ActionDto,
  SaveScheduleDto,
  ScheduleActionDto,
  ScheduleDetailDto,
  ScheduledActionDto,
  SchedulePolicyDto,
  ScheduleScopeDto,
} from '../../api/models';
import type { Permission } from '../../core/session/permissions';

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

/** The most machines at a time that a schedule can say: more than any installation works on, so that it alone is the limit. */
export const AS_MANY_AS_ALLOWED = 10_000;

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
  return known.filter(({ name }) => !changes.has(name));
}

/** Pure: those of some actions that an account may not save in a schedule: what changes machines needs the right to confirm it. */
export function refusedActions(
  known: readonly ActionDto[],
  may: (permission: Permission) => boolean,
): ReadonlySet<string> {
  const refused = known.filter(
    ({ kind, permission }) => !may(permission as Permission) || (kind === 'change' && !may('changes.confirm')),
  );
  return new Set(refused.map(({ name }) => name));
}

/** Pure: whether an account may start or switch on a schedule that does this. */
export function startable(
  actions: readonly Pick<ScheduleActionDto, 'kind'>[],
  may: (permission: Permission) => boolean,
): boolean {
  return may('machines.run') && (may('changes.confirm') || actions.every(({ kind }) => kind !== 'change'));
}

/** Pure: the number that a person wrote; without one, or with none at a time, the installation alone is the limit. */
export function concurrencyOf(written: number | null): number {
  return written === null || written === 0 ? AS_MANY_AS_ALLOWED : written;
}

/** Pure: what an action is told first; the rest is as the action itself has it. */
export function usualParameters(action: string): Record<string, unknown> {
  return action === 'reboot' ? { only_if_needed: true } : {};
}

/** Consequences that a switch of the policy is for. */
const SWITCHED: readonly string[] = ['removals', 'downgrades'];

/** Pure: what people are asked to accept besides, as the plans of some actions may come with it. @param known as the server tells of them */
export function consequencesOf(actions: readonly ScheduledActionDto[], known: readonly ActionDto[]): string[] {
  const all = actions.flatMap(({ action }) => known.find(({ name }) => name === action)?.consequences ?? []);
  return [...new Set(all)].filter((code) => !SWITCHED.includes(code));
}

/** Pure: names as people write them in a field. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((name) => name !== ''))];
}

/** Pure: beginnings of origins, which may hold blanks, as people write them in a field. */
export function originsOf(text: string): string[] {
  const origins = text.split(',').map((origin) => origin.trim());
  return [...new Set(origins.filter((origin) => origin !== ''))];
}
