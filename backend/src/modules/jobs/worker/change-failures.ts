import { DomainError } from '../../../kernel/errors/domain-error';
import type { StartOutcome } from '../../../kernel/ssh/detached/detached-types';
import { fileSystemFailure } from '../actions/file-system-failure';
import type { RunFailure } from '../actions/job-action';
import { say } from '../jobs.sentences';

/** Why a changing run did not begin and will not; null where it has begun, or may have. */
export function startFailure(outcome: StartOutcome): RunFailure | null {
  switch (outcome.kind) {
    case 'started':
    case 'attached':
    case 'unsure':
      return null;
    case 'missing':
      return vanishedFailure;
    case 'busy':
      return {
        kind: 'machine_busy',
        message: say.machine_busy({
          run: outcome.holder?.runId ?? '?',
          installation: outcome.holder?.installationId ?? '?',
        }),
        action: say.machine_busy_action(),
      };
    case 'fence_refused':
      return { kind: 'fence_refused', message: say.fence_refused(), action: say.fence_refused_action() };
    case 'failed':
      return (
        fileSystemFailure(outcome.reason) ?? {
          kind: 'start_failed',
          message: say.start_failed({ reason: outcome.reason.slice(0, 300) }),
          action: say.start_failed_action(),
        }
      );
  }
}

/** The machine had begun the run and has nothing of it any more. */
export const vanishedFailure: RunFailure = {
  kind: 'run_vanished',
  message: say.run_vanished(),
  action: say.look_at_machine(),
};

/** Nothing on the machine can tell any more how the run ended that worked there. */
export const recordLostFailure: RunFailure = {
  kind: 'run_record_lost',
  message: say.run_record_lost(),
  action: say.look_at_machine(),
};

/** What the job would carry out is not what was confirmed. */
export const alteredFailure: RunFailure = {
  kind: 'request_altered',
  message: say.request_altered(),
  action: say.request_altered_action(),
};

export function requestAltered(): DomainError {
  const { kind, message, action } = alteredFailure;
  return new DomainError({ code: kind, status: 409, detail: message, ...(action === null ? {} : { action }) });
}

export function parametersUnreadable(): DomainError {
  return new DomainError({
    code: 'parameters_unreadable',
    status: 409,
    detail: say.parameters_unreadable(),
    action: say.unknown_action_action(),
  });
}
