import type { ActionRegistry } from './actions/action-registry';
import type { JobStatus } from './entities/jobs.values';

/** What decides whether a run may be ended by force. */
export interface ForcibleRun {
  readonly kind: string;
  readonly status: JobStatus;
  readonly phase: string | null;
  readonly step: string | null;
  /** Its machine has told of it. */
  readonly begun: boolean;
  readonly cancelRequested: boolean;
}

/** Why a run is not ended by force: it is over, nobody reaches it, or the ordinary way is still open. */
export type ForceRefusal = 'job_already_ended' | 'run_not_alive' | 'run_out_of_reach' | 'cancel_possible';

/** Null: it may. Ending by force is for what works on its machine and cannot be stopped otherwise. Pure. */
export function forceRefusal(run: ForcibleRun, registry: Pick<ActionRegistry, 'findChange'>): ForceRefusal | null {
  if (run.status !== 'queued' && run.status !== 'running') return 'job_already_ended';
  const change = registry.findChange(run.kind);
  // What reads ends with its connection; what has not begun needs no force.
  if (change === undefined || run.status === 'queued' || !run.begun) return 'cancel_possible';
  if (run.phase === 'reconciling') return 'run_out_of_reach';
  if (run.phase !== 'following') return 'run_not_alive';
  const stoppable = change.declaration.steps.some(({ name, stoppable }) => name === run.step && stoppable);
  return stoppable && !run.cancelRequested ? 'cancel_possible' : null;
}
