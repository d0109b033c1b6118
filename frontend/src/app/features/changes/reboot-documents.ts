import type { DocumentDto } from '../../api/models';
import type { Proof } from './change-result-document';

/** The contract `reboot_plan`, version 1, as far as this page shows it. Null: not measured. */
export interface RebootPlanDetails {
  readonly machine_kind: string;
  readonly virtualization: string | null;
  readonly uptime_seconds: number;
  readonly running_kernel: string;
  readonly expected_kernel: string | null;
  readonly need: {
    readonly state: 'needed' | 'not_needed' | 'cannot_tell';
    readonly reasons: readonly { readonly verdict: string; readonly detail: string }[];
  };
  readonly users: readonly { readonly name: string; readonly terminal: string; readonly since: string }[] | null;
  readonly guests: readonly { readonly number: string; readonly name: string }[] | null;
  readonly wait_seconds: number;
}

interface Boot {
  readonly kernel: string;
  readonly uptime_seconds: number;
}

export type RebootOutcome = 'verified' | 'not_rebooted' | 'old_kernel' | 'degraded' | 'not_back' | 'refused';

/** The contract `reboot_result`, version 1, as far as this page shows it. Null: not measured. */
export interface RebootResultDetails {
  readonly outcome: RebootOutcome | null;
  readonly rebooted: boolean;
  readonly before: Boot | null;
  readonly after: Boot | null;
  readonly expected_kernel: string | null;
  readonly new_failed_units: readonly string[] | null;
}

/** Null for the plan of another action, and for a document that the server could not read. Pure. */
export function readRebootPlan(details: DocumentDto | undefined): RebootPlanDetails | null {
  return read<RebootPlanDetails>(details, 'reboot_plan');
}

/** Null for the result of another action, and for a document that the server could not read. Pure. */
export function readRebootResult(result: DocumentDto | null | undefined): RebootResultDetails | null {
  return read<RebootResultDetails>(result ?? undefined, 'reboot_result');
}

function read<T>(document: DocumentDto | undefined, contract: string): T | null {
  return document?.contract === contract && document.unreadable === null && document.document !== null
    ? (document.document as unknown as T)
    : null;
}

export interface RebootProofs {
  readonly outcome: Proof;
  readonly boot: Proof;
  readonly kernel: Proof;
  readonly units: Proof;
}

const OUTCOME: Readonly<Record<RebootOutcome, Proof>> = {
  verified: 'good',
  degraded: 'look',
  old_kernel: 'bad',
  not_rebooted: 'bad',
  not_back: 'bad',
  refused: 'look',
};

/** The verdict of each proof; what was not measured is never good. Pure. */
export function rebootProofs({
  outcome,
  rebooted,
  after,
  expected_kernel,
  new_failed_units,
}: RebootResultDetails): RebootProofs {
  return {
    outcome: outcome === null ? 'unknown' : OUTCOME[outcome],
    boot: after === null ? 'unknown' : rebooted ? 'good' : 'bad',
    kernel:
      after === null || !rebooted || expected_kernel === null
        ? 'unknown'
        : after.kernel === expected_kernel
          ? 'good'
          : 'bad',
    units: new_failed_units === null ? 'unknown' : new_failed_units.length === 0 ? 'good' : 'bad',
  };
}

/** What says that a reboot is needed; where nothing does, what there is. Pure. */
export function tellingReasons({ need }: RebootPlanDetails): readonly string[] {
  const telling = need.reasons.filter(({ verdict }) => verdict === need.state);
  return (telling.length > 0 ? telling : need.reasons).map(({ detail }) => detail);
}
