import { isDatabaseUnavailable } from '../../../kernel/errors/database-errors';
import { DomainError } from '../../../kernel/errors/domain-error';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { RunFailure } from '../actions/job-action';

/** Why an attempt was stopped from here; the reason of its AbortSignal. */
export type StopReason = 'cancelled' | 'timeout' | 'shutdown' | 'lease_lost';

/**
 * Kinds that may go away by themselves, with the pause before the next attempt in seconds, doubled each time. Nothing
 * about logins, host keys or sudo is ever tried again: it would lock accounts, or talk to the wrong machine.
 */
const pauses: Readonly<Record<string, number>> = {
  connection_lost: 2,
  connect_timeout: 5,
  banner_timeout: 5,
  handshake_timeout: 5,
  auth_timeout: 10,
  penalised: 30,
  database_unavailable: 2,
  worker_lost: 1,
};
const LONGEST_PAUSE_SECONDS = 300;

/** @returns milliseconds until the next attempt, or null when the job ends with this failure */
export function retryPause(kind: string, attempt: number, maxAttempts: number): number | null {
  const first = pauses[kind];
  if (first === undefined || attempt >= maxAttempts) return null;
  return Math.min(first * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS) * 1000;
}

/**
 * True when the database went away, so that the same write may be tried again. Between two statements TypeORM notices a
 * broken connection before the next one does, releases it, and complains about that alone.
 */
export function databaseIsAway(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Error && error.name === 'QueryRunnerAlreadyReleasedError');
}

/** The class of an error, with what to say about it. Decided by type and code, never by text. */
export function failureOf(error: unknown): RunFailure {
  if (error instanceof SshError) return { kind: error.kind, message: error.sentence, action: error.whatToDo };
  if (error instanceof DomainError) return { kind: error.code, message: error.detail, action: error.action ?? null };
  if (databaseIsAway(error)) {
    return { kind: 'database_unavailable', message: 'The database did not answer while the job began.', action: null };
  }
  if (isContractError(error)) {
    return {
      kind: error.code,
      message: 'The result does not have the form that was agreed for it, so nothing of it was kept.',
      action: 'This is a fault of the program: report it with the id of the job.',
    };
  }
  return {
    kind: 'internal_error',
    message: 'Something went wrong in the program while it worked on this job. The log of the server says more.',
    action: 'Start it again; if it fails again, report it with the id of the job.',
  };
}

export const timeoutFailure = (seconds: number): RunFailure => ({
  kind: 'timeout_total',
  message: `The job did not end within ${String(seconds)} s and was stopped.`,
  action: 'Find out what is slow on the machine; the last lines of the log show where it stood.',
});

export const workerLostFailure: RunFailure = {
  kind: 'worker_lost',
  message: 'The worker that ran this job disappeared before it ended.',
  action: 'Start it again; if workers disappear often, look at their memory and at the log of the server.',
};

export const unknownActionFailure = (name: string): RunFailure => ({
  kind: 'unknown_action',
  message: `This program has no action ${name}.`,
  action: 'It was queued by another version; start what you want again.',
});

function isContractError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && error.name === 'ContractError' && 'code' in error && typeof error.code === 'string';
}
