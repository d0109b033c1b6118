import type { DocumentDto } from '../../api/models';
import type { Proof } from './change-result-document';

interface UnitState {
  readonly unit: string;
  readonly description: string;
  readonly active_state: string;
  readonly sub_state: string;
  readonly main_pid: number | null;
}

/** The contract `service_restart_plan`, version 1, as far as this page shows it. */
export interface ServicePlanDetails {
  readonly units: readonly (UnitState & { readonly by_needrestart: boolean })[];
  readonly left_out: readonly { readonly unit: string; readonly reason: string }[];
}

export interface ServiceUnit {
  readonly unit: string;
  readonly before: UnitState | null;
  readonly after: UnitState | null;
  readonly verdict: 'restarted' | 'unchanged' | 'failed' | 'unknown';
}

/** The contract `service_restart_result`, version 1, as far as this page shows it. Null: not measured. */
export interface ServiceResultDetails {
  readonly units: readonly ServiceUnit[];
  readonly new_failed_units: readonly string[] | null;
}

/** Null for the plan of another action, and for a document that the server could not read. Pure. */
export function readServicePlan(details: DocumentDto | undefined): ServicePlanDetails | null {
  return read<ServicePlanDetails>(details, 'service_restart_plan');
}

/** Null for the result of another action, and for a document that the server could not read. Pure. */
export function readServiceResult(result: DocumentDto | null | undefined): ServiceResultDetails | null {
  return read<ServiceResultDetails>(result ?? undefined, 'service_restart_result');
}

function read<T>(document: DocumentDto | undefined, contract: string): T | null {
  return document?.contract === contract && document.unreadable === null && document.document !== null
    ? (document.document as unknown as T)
    : null;
}

/** The verdict of each proof; what was not measured is never good. Pure. */
export function serviceProofs({ units, new_failed_units }: ServiceResultDetails): {
  readonly services: Proof;
  readonly units: Proof;
} {
  const has = (verdict: ServiceUnit['verdict']): boolean => units.some((unit) => unit.verdict === verdict);
  return {
    services: has('failed') || has('unchanged') ? 'bad' : has('unknown') ? 'unknown' : 'good',
    units: new_failed_units === null ? 'unknown' : new_failed_units.length === 0 ? 'good' : 'bad',
  };
}

/** "active, running, 4711": what a person compares. Pure. */
export function stateWords({ active_state, sub_state, main_pid }: UnitState): string {
  return [active_state, sub_state, ...(main_pid === null ? [] : [String(main_pid)])].join(', ');
}
