import type { Contract } from '../../../kernel/contracts/contract';
import {
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
import { bootFactsSchema, type BootFacts } from './reboot-plan.v1';

/**
 * `verified`: another boot, the expected kernel, no new failed unit. `not_rebooted`: it answers, from the boot of before.
 * `old_kernel`: another boot, with another kernel than expected. `degraded`: another boot, but units have failed since, or
 * it did not finish starting. `not_back`: silent for too long, or not provably the machine. `refused`: it would not restart.
 */
export const REBOOT_OUTCOMES = ['verified', 'not_rebooted', 'old_kernel', 'degraded', 'not_back', 'refused'] as const;
export type RebootOutcome = (typeof REBOOT_OUTCOMES)[number];

/**
 * `inhibitor`: a held shutdown inhibitor; `guard`: molly-guard; `packages`: apt or dpkg at work; `system`: the command, or what runs
 * on a Proxmox host and in its cluster.
 */
export const REBOOT_REFUSERS = ['inhibitor', 'guard', 'packages', 'system'] as const;
export type RebootRefuser = (typeof REBOOT_REFUSERS)[number];

/** `reboot_result`, version 1. */
export interface RebootResult {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  /** Null: nothing was restarted (drifted, stopped), or what is there now could not be read. */
  readonly outcome: RebootOutcome | null;
  readonly refusal: { readonly by: RebootRefuser; readonly said: string } | null;
  /** With `not_back`: why there was no answer. */
  readonly silence: string | null;
  /** The machine is in another boot than that of the run. */
  readonly rebooted: boolean;
  readonly before: BootFacts | null;
  readonly after: BootFacts | null;
  /** Null for a container, or where nothing told. */
  readonly expected_kernel: string | null;
  /** Failed now, and not before; null: not measured. */
  readonly new_failed_units: readonly string[] | null;
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

const endings = words(['ended', 'interrupted', 'drifted', 'stopped']);
const outcome = { enum: [...REBOOT_OUTCOMES, null] };

export const REBOOT_RESULT: Contract = {
  name: 'reboot_result',
  title: 'Result of a restart',
  description:
    'What a restart came to, proven by the boot before and the boot after: one of six outcomes, with the kernel that was ' +
    'expected and found, and the units that have failed since.',
  columns: ['executions.result_json'],
  versions: {
    1: {
      body: document(1, {
        ending: endings,
        outcome,
        refusal: nullable(object({ by: words(REBOOT_REFUSERS), said: { type: 'string' } })),
        silence: textOrNull,
        rebooted: flag,
        before: nullable(bootFactsSchema),
        after: nullable(bootFactsSchema),
        expected_kernel: textOrNull,
        new_failed_units: nullableList(text),
        drift: nullable(object({ missing: list(text), added: list(text) })),
      }),
    },
  },
};

export const REBOOT_RESULT_IMPORTANT: Contract = {
  name: 'reboot_result.important',
  title: 'Result of a restart, in short',
  description: 'What lists and reports show of a restart.',
  columns: ['executions.important_json'],
  versions: {
    1: {
      body: document(1, {
        ending: endings,
        outcome,
        kernel: textOrNull,
        expected_kernel: textOrNull,
        new_failed_units: nullableList(text),
      }),
    },
  },
};

/** The same facts as `executions.important_json` keeps them. */
export function importantReboot({ ending, outcome, after, expected_kernel, new_failed_units }: RebootResult): object {
  return { ending, outcome, kernel: after?.kernel ?? null, expected_kernel, new_failed_units };
}
