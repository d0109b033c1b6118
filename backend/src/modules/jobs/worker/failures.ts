import { randomInt } from 'node:crypto';
import { isRetryable, sqlState } from '../../../kernel/database/transaction';
import { isDatabaseUnavailable } from '../../../kernel/errors/database-errors';
import { DomainError } from '../../../kernel/errors/domain-error';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { RunFailure } from '../actions/job-action';
import { say } from '../jobs.sentences';

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
/** Not worth another attempt at a reading run, but no reason to give up a machine that is restarting. */
const passing: ReadonlySet<string> = new Set([
  'unreachable',
  'dns',
  'channel_refused',
  'timeout_first_byte',
  'timeout_progress',
  'timeout_total',
  'protocol',
  'cancelled',
  'internal_error',
]);

/** Nothing that waiting for a machine would change: it is not to be talked to until a person has decided so. */
const final: ReadonlySet<string> = new Set([
  'host_key_changed',
  'machine_quarantined',
  'machine_archived',
  'not_found',
]);

/** From 0 to 1; tests give their own. */
export type Chance = () => number;

const CHANCES = 2 ** 32;
export const fairly: Chance = () => randomInt(CHANCES) / CHANCES;

/** Half of a pause to all of it: those who failed in the same moment must not come back in the same moment. */
export function spread(pauseMs: number, chance: Chance): number {
  return Math.round(pauseMs * (0.5 + chance() / 2));
}

/** Whether another attempt follows. */
export function isTriedAgain(kind: string, attempt: number, maxAttempts: number): boolean {
  return kind in pauses && attempt < maxAttempts;
}

/** @returns milliseconds until the next attempt, or null when the job ends with this failure */
export function retryPause(kind: string, attempt: number, maxAttempts: number, chance: Chance): number | null {
  const first = pauses[kind];
  if (first === undefined || !isTriedAgain(kind, attempt, maxAttempts)) return null;
  return spread(Math.min(first * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS) * 1000, chance);
}

/** True for what may go away by itself within minutes. */
export function isPassing(kind: string): boolean {
  return kind in pauses || passing.has(kind);
}

/** True for what only a person can change. */
export function isFinal(kind: string): boolean {
  return final.has(kind);
}

/**
 * True when the database went away, so that the same write may be tried again. Between two statements TypeORM notices a
 * broken connection before the next one does, releases it, and complains about that alone.
 */
export function databaseIsAway(error: unknown): boolean {
  return isDatabaseUnavailable(error) || (error instanceof Error && error.name === 'QueryRunnerAlreadyReleasedError');
}

/** lock_not_available, query_canceled: somebody held what was wanted for too long. */
const HELD = new Set(['55P03', '57014']);

/**
 * True for what tells of the database alone: it went away, rivals met there, it has no room (classes 53 and 58). The same work may go
 * well later, whatever it is about.
 */
export function isOfDatabase(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return databaseIsAway(error) || isRetryable(error) || HELD.has(state) || /^5[38]/.test(state);
}

/** The class of an error, with what to say about it. Decided by type and code, never by text. */
export function failureOf(error: unknown): RunFailure {
  if (error instanceof SshError) return { kind: error.kind, message: error.sentence, action: error.whatToDo };
  if (error instanceof DomainError) return { kind: error.code, message: error.detail, action: error.action ?? null };
  if (databaseIsAway(error)) {
    return { kind: 'database_unavailable', message: say.database_unavailable(), action: null };
  }
  if (isContractError(error)) {
    return {
      kind: error.code,
      message: say.contract_broken(),
      action: say.contract_broken_action(),
    };
  }
  return {
    kind: 'internal_error',
    message: say.internal_error(),
    action: say.internal_error_action(),
  };
}

/**
 * The same of a change that has begun, or may have: a fault of ours says nothing of what was done on the machine, and nobody is sent to
 * start that again unseen.
 */
export function begunFailureOf(error: unknown): RunFailure {
  const failure = failureOf(error);
  if (isContractError(error)) return { ...failure, action: say.begun_unkept_action() };
  if (failure.kind !== 'internal_error') return failure;
  return { ...failure, message: say.begun_unkept(), action: say.begun_unkept_action() };
}

export const timeoutFailure = (seconds: number): RunFailure => ({
  kind: 'timeout_total',
  message: say.timeout_total({ seconds }),
  action: say.timeout_total_action(),
});

export const workerLostFailure: RunFailure = {
  kind: 'worker_lost',
  message: say.worker_lost(),
  action: say.worker_lost_action(),
};

export const unknownActionFailure = (name: string): RunFailure => ({
  kind: 'unknown_action',
  message: say.unknown_action({ action: name }),
  action: say.unknown_action_action(),
});

function isContractError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && error.name === 'ContractError' && 'code' in error && typeof error.code === 'string';
}
