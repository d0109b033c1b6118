import type { Contract } from '../../../kernel/contracts/contract';
import {
  count,
  countOrNull,
  document,
  flag,
  list,
  nullable,
  nullableList,
  object,
  text,
  textOrNull,
  words,
} from '../../../kernel/contracts/schemas';

/** What systemd tells of a unit. */
export interface UnitState {
  readonly unit: string;
  readonly description: string;
  /** `active`, `failed` … */
  readonly active_state: string;
  /** `running`, `exited` … */
  readonly sub_state: string;
  /** Null: it has none now. */
  readonly main_pid: number | null;
}

/**
 * `vital`: a restart would cut off more than the service. `not_running`: a restart would start it. `refuses`: its unit file
 * forbids it. `unknown`: there is no such unit.
 */
export const LEFT_OUT_REASONS = ['vital', 'not_running', 'refuses', 'unknown'] as const;
export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

/** `service_restart_plan`, version 1. Null: not measured. */
export interface ServiceRestartPlan {
  readonly units: readonly (UnitState & { readonly by_needrestart: boolean })[];
  /** Named by needrestart, but not restarted. */
  readonly left_out: readonly { readonly unit: string; readonly reason: LeftOutReason }[];
  readonly failed_units: readonly string[] | null;
}

/** `restarted`: another invocation, and active. `unchanged`: still the invocation of before. `failed`: not active now. */
export const RESTART_VERDICTS = ['restarted', 'unchanged', 'failed', 'unknown'] as const;
export type RestartVerdict = (typeof RESTART_VERDICTS)[number];

export interface RestartedUnit {
  readonly unit: string;
  readonly before: UnitState | null;
  readonly after: UnitState | null;
  /** Of `systemctl restart`; null: it did not come to that. */
  readonly exit_code: number | null;
  readonly verdict: RestartVerdict;
}

/** `service_restart_result`, version 1. Null: not measured. */
export interface ServiceRestartResult {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  readonly exit_code: number | null;
  readonly rebooted: boolean;
  readonly units: readonly RestartedUnit[];
  /** Failed now, and not before. */
  readonly new_failed_units: readonly string[] | null;
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

const state = {
  unit: text,
  description: { type: 'string' },
  active_state: text,
  sub_state: text,
  main_pid: countOrNull,
} as const;
const endings = words(['ended', 'interrupted', 'drifted', 'stopped']);

export const SERVICE_RESTART_PLAN: Contract = {
  name: 'service_restart_plan',
  title: 'Plan of a restart of services',
  description:
    'The details of an `action_plan` of the action `service_restart`: each service with its state now, and what needrestart ' +
    'names besides but a restart would do harm to.',
  columns: ['action_request_targets.plan_json'],
  versions: {
    1: {
      body: document(1, {
        units: list(object({ ...state, by_needrestart: flag })),
        left_out: list(object({ unit: text, reason: words(LEFT_OUT_REASONS) })),
        failed_units: nullableList(text),
      }),
    },
  },
};

export const SERVICE_RESTART_RESULT: Contract = {
  name: 'service_restart_result',
  title: 'Result of a restart of services',
  description: 'Each service before and after, and whether it is another invocation that runs now.',
  columns: ['executions.result_json'],
  versions: {
    1: {
      body: document(1, {
        ending: endings,
        exit_code: { type: ['integer', 'null'] },
        rebooted: flag,
        units: list(
          object({
            unit: text,
            before: nullable(object(state)),
            after: nullable(object(state)),
            exit_code: countOrNull,
            verdict: words(RESTART_VERDICTS),
          }),
        ),
        new_failed_units: nullableList(text),
        drift: nullable(object({ missing: list(text), added: list(text) })),
      }),
    },
  },
};

export const SERVICE_RESTART_RESULT_IMPORTANT: Contract = {
  name: 'service_restart_result.important',
  title: 'Result of a restart of services, in short',
  description: 'What lists and reports show of a restart of services.',
  columns: ['executions.important_json'],
  versions: {
    1: {
      body: document(1, {
        ending: endings,
        restarted: count,
        others: list(object({ unit: text, verdict: words(RESTART_VERDICTS), state: textOrNull })),
        new_failed_units: nullableList(text),
      }),
    },
  },
};

/** The same facts as `executions.important_json` keeps them. */
export function importantRestart({ ending, units, new_failed_units }: ServiceRestartResult): object {
  const others = units.filter(({ verdict }) => verdict !== 'restarted');
  return {
    ending,
    restarted: units.length - others.length,
    others: others.map(({ unit, verdict, after }) => ({ unit, verdict, state: after?.active_state ?? null })),
    new_failed_units,
  };
}
