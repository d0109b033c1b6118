import { isConnectionKind } from '../../machines/connection-kinds';
import type { MachineStatePatch } from '../../machines/machine-state';
import { isPlanAction } from '../actions/plan-action';
import type { RunFailure } from '../actions/job-action';

/**
 * What a job's failure says of its machine. A change that began and did not end well, and a reading that failed, make it
 * "failed" until what settles them. A plan that fails for a reason of its own, and a change that changed nothing, say nothing
 * of the machine: their run and request tell of them. That the connection failed is no action's own error, and is settled
 * by whatever goes well next. Pure.
 * @param untouched the change never began, or was refused before it changed anything
 */
export function lastErrorAfter(action: string, { kind, message }: RunFailure, untouched = false): MachineStatePatch {
  const error = { lastErrorKind: kind, lastErrorMessage: message };
  if (!untouched && !isPlanAction(action)) return { ...error, lastErrorAction: action };
  return isConnectionKind(kind) ? error : {};
}
