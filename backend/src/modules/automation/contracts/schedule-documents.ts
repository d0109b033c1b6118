import type { Contract } from '../../../kernel/contracts/contract';
import {
  document,
  flag,
  list,
  nullable,
  object,
  openWord,
  positiveOrNull,
  text,
  uuid,
  words,
  type Properties,
} from '../../../kernel/contracts/schemas';
import { MISSED_RUNS, type MissedRuns } from '../entities/automation.values';

/** What people can be told of a schedule's runs. */
export const NOTIFY_ON = ['ok', 'warning', 'error', 'cancelled', 'approval_needed'] as const;
export type NotifyOn = (typeof NOTIFY_ON)[number];

export const ARCHIVES = ['any', 'security'] as const;
export type Archives = (typeof ARCHIVES)[number];

/** `schedule_scope`, version 1. */
export interface ScopeDocument {
  /** All machines; then none is named. */
  readonly whole_fleet: boolean;
  readonly machine_ids: readonly string[];
  /** Machines that carry any of them. */
  readonly tag_ids: readonly string[];
  /** Of these machines only those for which every condition holds. */
  readonly conditions: {
    readonly security_updates: boolean;
    readonly updates: boolean;
    readonly reboot_required: boolean;
    readonly not_analysed_days: number | null;
  };
}

export interface ScheduledAction {
  readonly action: string;
  readonly parameters: Record<string, unknown>;
}

/** `schedule_actions`, version 1. */
export interface ActionsDocument {
  readonly actions: readonly ScheduledAction[];
}

/** `schedule_notify`, version 1. */
export interface NotifyDocument {
  readonly on: readonly NotifyOn[];
}

/** `schedule_policy`, version 1. */
export interface PolicyDocument {
  readonly archives: Archives;
  /** Beginnings of the origins that packages may come from (`Debian:12`); null: any. */
  readonly origins: readonly string[] | null;
  /** Names, `*` for any part; null: any. */
  readonly packages: readonly string[] | null;
  /** The same; never, whatever else is allowed. */
  readonly excluded_packages: readonly string[];
  readonly removals: boolean;
  readonly new_packages: boolean;
  readonly downgrades: boolean;
  /** Codes of further consequences that are accepted in advance. */
  readonly accepted: readonly string[];
}

/** `schedule_definition`, version 1: what an occurrence was made from. */
export interface DefinitionDocument {
  readonly version: number;
  readonly name: string;
  readonly scope: ScopeDocument;
  readonly actions: readonly ScheduledAction[];
  readonly concurrency: number;
  readonly policy: PolicyDocument | null;
  readonly missed_runs: MissedRuns;
  readonly grace_seconds: number;
  readonly window_seconds: number | null;
}

const scope: Properties = {
  whole_fleet: flag,
  machine_ids: list(uuid),
  tag_ids: list(uuid),
  conditions: object({
    security_updates: flag,
    updates: flag,
    reboot_required: flag,
    not_analysed_days: positiveOrNull,
  }),
};
const actions = { ...list(object({ action: openWord, parameters: { type: 'object' } })), minItems: 1 };
const texts = list(text);
const policy: Properties = {
  archives: words(ARCHIVES),
  origins: nullable(texts),
  packages: nullable(texts),
  excluded_packages: texts,
  removals: flag,
  new_packages: flag,
  downgrades: flag,
  accepted: list(openWord),
};

/** What a schedule says, as the audit keeps it and an occurrence carries it. */
export const definition: Properties = {
  version: { type: 'integer', minimum: 1 },
  name: text,
  scope: object(scope),
  actions,
  concurrency: { type: 'integer', minimum: 1 },
  policy: nullable(object(policy)),
  missed_runs: words(MISSED_RUNS),
  grace_seconds: { type: 'integer', minimum: 0 },
  window_seconds: positiveOrNull,
};

export const SCHEDULE_SCOPE: Contract = {
  name: 'schedule_scope',
  title: 'Machines of a schedule',
  description:
    'The machines that a schedule works on, chosen anew each time: the whole fleet, or those that are named and those ' +
    'that carry one of the tags; of them those for which every condition holds then.',
  columns: ['schedules.scope_json'],
  versions: { 1: { body: document(1, scope) } },
};

export const SCHEDULE_ACTIONS: Contract = {
  name: 'schedule_actions',
  title: 'Actions of a schedule',
  description:
    'What a schedule does on each of its machines, one after the other, with parameters, defaults filled in.',
  columns: ['schedules.actions_json'],
  versions: { 1: { body: document(1, { actions }) } },
};

export const SCHEDULE_NOTIFY: Contract = {
  name: 'schedule_notify',
  title: 'What is told of a schedule',
  description: 'The ends of its runs that people want to be told of.',
  columns: ['schedules.notify_on_json'],
  versions: { 1: { body: document(1, { on: list(words(NOTIFY_ON)) }) } },
};

export const SCHEDULE_POLICY: Contract = {
  name: 'schedule_policy',
  title: 'What a schedule may change by itself',
  description:
    'Confirmed when it was saved. A plan that keeps to it is carried out without a person, by exactly its digest; one ' +
    'that exceeds it waits for a person. How far apt goes stands in the parameters of the action.',
  columns: ['schedules.policy_json'],
  versions: { 1: { body: document(1, policy) } },
};

export const SCHEDULE_DEFINITION: Contract = {
  name: 'schedule_definition',
  title: 'A schedule as it was when it became due',
  description: 'What an occurrence does; changing the schedule afterwards changes nothing of it. Periods are seconds.',
  columns: ['schedule_occurrences.definition_json'],
  versions: { 1: { body: document(1, definition) } },
};

export const SCHEDULE_DOCUMENTS = [
  SCHEDULE_SCOPE,
  SCHEDULE_ACTIONS,
  SCHEDULE_NOTIFY,
  SCHEDULE_POLICY,
  SCHEDULE_DEFINITION,
];
