import type { Contract } from '../../../kernel/contracts/contract';
import {
  count,
  document,
  flag,
  flagOrNull,
  list,
  nullableList,
  object,
  text,
  textOrNull,
  words,
} from '../../../kernel/contracts/schemas';
import type { RebootState } from './apt-update-analyze.v1';

/** `container`: it shares the kernel of its host, and is never judged by kernels. */
export const REBOOT_MACHINE_KINDS = ['container', 'proxmox_host', 'virtual', 'physical', 'unknown'] as const;
export type RebootMachineKind = (typeof REBOOT_MACHINE_KINDS)[number];

/** Something that wants the machine to stay on (`systemd-inhibit`). */
export interface RebootInhibitor {
  readonly who: string;
  readonly why: string;
  /** It holds a shutdown back; others only delay it by seconds, or are about something else. */
  readonly blocks: boolean;
}

/** `reboot_plan`, version 1. Null: not measured. */
export interface RebootPlan {
  readonly machine_kind: RebootMachineKind;
  /** systemd's word, e.g. `kvm`, `lxc`. */
  readonly virtualization: string | null;
  /** Boot id and start of the first process: tells this boot from every other. */
  readonly boot: string;
  readonly uptime_seconds: number;
  readonly running_kernel: string;
  /** What should run afterwards; null for a container, or where nothing tells. */
  readonly expected_kernel: string | null;
  readonly need: {
    readonly state: RebootState['state'];
    readonly reasons: readonly { readonly signal: string; readonly verdict: string; readonly detail: string }[];
  };
  readonly inhibitors: readonly RebootInhibitor[] | null;
  readonly molly_guard: boolean | null;
  readonly users: readonly { readonly name: string; readonly terminal: string; readonly since: string }[] | null;
  /** Guests of a Proxmox host that run; null on other machines, or not measured. */
  readonly guests: readonly { readonly kind: string; readonly number: string; readonly name: string }[] | null;
  /** Units of systemd that have failed before; null without systemd. */
  readonly failed_units: readonly string[] | null;
  /** So long the machine may be silent, in seconds. */
  readonly wait_seconds: number;
}

const needStates: readonly RebootState['state'][] = ['needed', 'not_needed', 'cannot_tell'];

export const REBOOT_PLAN: Contract = {
  name: 'reboot_plan',
  title: 'Plan of a restart',
  description:
    'The details of an `action_plan` of the action `reboot`: what the machine is and runs, what should run afterwards, why ' +
    'it needs a restart, and who would notice.',
  columns: ['action_request_targets.plan_json'],
  versions: {
    1: {
      body: document(1, {
        machine_kind: words(REBOOT_MACHINE_KINDS),
        virtualization: textOrNull,
        boot: text,
        uptime_seconds: count,
        running_kernel: text,
        expected_kernel: textOrNull,
        need: object({
          state: words(needStates),
          reasons: list(object({ signal: text, verdict: text, detail: text })),
        }),
        inhibitors: nullableList(object({ who: { type: 'string' }, why: { type: 'string' }, blocks: flag })),
        molly_guard: flagOrNull,
        users: nullableList(object({ name: text, terminal: text, since: { type: 'string' } })),
        guests: nullableList(object({ kind: text, number: text, name: { type: 'string' } })),
        failed_units: nullableList(text),
        wait_seconds: count,
      }),
    },
  },
};

/** What a machine tells of a boot. */
export interface BootFacts {
  readonly boot: string;
  readonly kernel: string;
  readonly uptime_seconds: number;
  /** systemd's word for how far it is, e.g. `running`, `degraded`; null without systemd. */
  readonly system: string | null;
  readonly failed_units: readonly string[] | null;
}

export const bootFactsSchema = object({
  boot: text,
  kernel: text,
  uptime_seconds: count,
  system: textOrNull,
  failed_units: nullableList(text),
});
