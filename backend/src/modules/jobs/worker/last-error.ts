import { isConnectionKind } from '../../machines/connection-kinds';
import type { MachineStatePatch } from '../../machines/machine-state';
import type { FurtherError } from '../../machines/machine-errors';
import { isPlanAction } from '../actions/plan-action';
import type { RunFailure } from '../actions/job-action';

interface EndedAction {
  readonly action: string;
  readonly jobId: string;
}

interface FailureFacts {
  readonly untouched?: boolean;
  readonly subject?: string | null;
  readonly further?: readonly FurtherError[];
}

/**
 * What a job's failure says of its machine. A change that began and did not end well, and a reading that failed, make it
 * "failed" until what settles them. A plan that fails for a reason of its own, and a change that changed nothing, say nothing
 * of the machine: their run and request tell of them. That the connection failed is no action's own error, and is settled
 * by whatever goes well next. Pure.
 * @param how.untouched the change never began, or was refused before it changed anything
 * @param how.subject what the failure is about
 * @param how.further what it met besides
 */
export function lastErrorAfter(
  { action, jobId }: EndedAction,
  { kind, message }: RunFailure,
  { untouched = false, subject = null, further = [] }: FailureFacts = {},
): MachineStatePatch {
  const error = { lastErrorKind: kind, lastErrorMessage: message };
  if (!untouched && !isPlanAction(action))
    return {
      ...error,
      lastErrorSubject: subject,
      lastErrorAction: action,
      lastErrorJobId: jobId,
      furtherErrors: further,
    };
  return isConnectionKind(kind) ? error : {};
}
