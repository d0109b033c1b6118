import { isOfDatabase } from '../../jobs/worker/failures';

/** Of which machine of a run the plan could not be decided about: the step of the run has failed by that one alone. */
export class UndecidedError extends Error {
  readonly machineId: string;
  readonly requestId: string;

  constructor(cause: unknown, { machineId, requestId }: { readonly machineId: string; readonly requestId: string }) {
    super(`The plan of machine ${machineId} could not be decided about.`, { cause });
    this.name = 'UndecidedError';
    this.machineId = machineId;
    this.requestId = requestId;
  }
}

/** What tells of the database alone is tried again as it is: it says nothing of the machine. */
export function undecided(error: unknown, plan: { readonly machineId: string; readonly requestId: string }): unknown {
  return isOfDatabase(error) ? error : new UndecidedError(error, plan);
}
