import { saidIn } from '../../../kernel/sentences/said';
import type { ActionRegistry } from '../../jobs/actions/action-registry';
import type { PolicyDocument, ScopeDocument } from '../contracts/schedule-documents';
import type { ActiveOccurrenceDto, OccurrenceDto, OccurrenceTargetDto } from '../dto/occurrence.dto';
import type { ScheduleDetailDto, ScheduleDto, ScheduleFactsDto, ScopeSummaryDto } from '../dto/schedule.dto';
import type { SchedulePolicyDto, ScheduleScopeDto } from '../dto/schedule-input.dto';
import type { ActiveOccurrence, OccurrenceRecord, TargetRecord } from '../occurrences/occurrence-record';
import type { ScheduleWithLast } from './schedule-record';

type Known = Pick<ActionRegistry, 'find' | 'title'>;

/** One of many: its machines are counted, since a schedule may name thousands. */
export function toSchedule(schedule: ScheduleWithLast, registry: Known): ScheduleDto {
  const { scope, ...facts } = schedule;
  return Object.assign(toFacts(facts, registry), { scope: scope === null ? null : toSummary(scope) });
}

/** With the ids of its machines. */
export function toWholeSchedule(
  schedule: ScheduleWithLast,
  registry: Known,
): ScheduleFactsDto & Pick<ScheduleDetailDto, 'scope'> {
  const { scope, ...facts } = schedule;
  return Object.assign(toFacts(facts, registry), { scope: scope === null ? null : toScope(scope) });
}

function toFacts(
  { actions, policy, notifyOn, lastOccurrence, unreadable, ...facts }: Omit<ScheduleWithLast, 'scope'>,
  registry: Known,
): ScheduleFactsDto {
  return {
    ...facts,
    actions: (actions ?? []).map(({ action, parameters }) => {
      const told = { title: registry.title(action) };
      const kind = registry.find(action)?.declaration.kind ?? null;
      return { action, parameters, ...told, kind, said: saidIn(told, ['title']) };
    }),
    notifyOn: [...notifyOn],
    policy: policy === null ? null : toPolicy(policy),
    lastOccurrence: lastOccurrence === null ? null : toOccurrence(lastOccurrence),
    unreadable: [...unreadable],
  };
}

export function toOccurrence(occurrence: OccurrenceRecord): OccurrenceDto {
  return { ...occurrence, said: saidIn(occurrence, ['errorMessage']) };
}

export function toActiveOccurrence(occurrence: ActiveOccurrence): ActiveOccurrenceDto {
  return { ...occurrence, said: saidIn(occurrence, ['errorMessage']) };
}

export function toTarget(target: TargetRecord): OccurrenceTargetDto {
  return { ...target, left: [...target.left], said: saidIn(target, ['errorMessage']) };
}

function toSummary(scope: ScopeDocument): ScopeSummaryDto {
  const { machineIds, ...summary } = toScope(scope);
  return { ...summary, machineCount: machineIds.length };
}

function toScope({ whole_fleet, machine_ids, tag_ids, conditions }: ScopeDocument): ScheduleScopeDto {
  return {
    wholeFleet: whole_fleet,
    machineIds: [...machine_ids],
    tagIds: [...tag_ids],
    conditions: {
      securityUpdates: conditions.security_updates,
      updates: conditions.updates,
      rebootRequired: conditions.reboot_required,
      notAnalysedDays: conditions.not_analysed_days,
    },
  };
}

/** @returns what is stored of a scope that was given */
export function scopeDocument({ wholeFleet, machineIds, tagIds, conditions }: ScheduleScopeDto): ScopeDocument {
  return {
    whole_fleet: wholeFleet,
    machine_ids: machineIds,
    tag_ids: tagIds,
    conditions: {
      security_updates: conditions.securityUpdates,
      updates: conditions.updates,
      reboot_required: conditions.rebootRequired,
      not_analysed_days: conditions.notAnalysedDays,
    },
  };
}

function toPolicy(policy: PolicyDocument): SchedulePolicyDto {
  return {
    archives: policy.archives,
    origins: policy.origins === null ? null : [...policy.origins],
    packages: policy.packages === null ? null : [...policy.packages],
    excludedPackages: [...policy.excluded_packages],
    removals: policy.removals,
    newPackages: policy.new_packages,
    downgrades: policy.downgrades,
    accepted: [...policy.accepted],
  };
}

/** @returns what is stored of a policy that was given */
export function policyDocument(policy: SchedulePolicyDto): PolicyDocument {
  return {
    archives: policy.archives,
    origins: policy.origins,
    packages: policy.packages,
    excluded_packages: policy.excludedPackages,
    removals: policy.removals,
    new_packages: policy.newPackages,
    downgrades: policy.downgrades,
    accepted: policy.accepted,
  };
}
