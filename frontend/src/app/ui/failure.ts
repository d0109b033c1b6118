import type { AptErrorDto, JobDto } from '../api/models';
import type { Saying } from '../core/i18n/said';

type Sentences = NonNullable<Saying['said']>;

/** What went wrong on a machine, by its class. */
export interface Failure extends Saying {
  /** Null where nothing has named it. */
  readonly kind: string | null;
  readonly severity: 'warning' | 'error';
  readonly message: string;
  /** Lines as the machine printed them. */
  readonly evidence: readonly string[];
  /** The safe thing to do about it. */
  readonly remedy: string | null;
}

/** The sentences of a failure, from those of the document in which they stand under other names. Pure. */
export function failureSaid(said: Sentences, names: Readonly<Record<'message' | 'remedy', string>>): Sentences {
  return Object.fromEntries(
    Object.entries(names).flatMap(([field, name]) => (said[name] === undefined ? [] : [[field, said[name]]])),
  );
}

/** Why a job failed, in its own words; null where it did not. Pure. */
export function jobFailure(job: JobDto): Failure | null {
  const { status, errorKind: kind, errorMessage: message, errorAction: remedy } = job;
  const said = failureSaid(job.said, { message: 'errorMessage', remedy: 'errorAction' });
  const severity = status === 'error' ? 'error' : 'warning';
  return message === null ? null : { kind, severity, message, evidence: [], remedy, said };
}

/** What an analysis found wrong. Pure. */
export function aptFailure(error: AptErrorDto): Failure {
  const { kind, severity, message, importantLines: evidence, remediation: remedy } = error;
  const said = failureSaid(error.said, { message: 'message', remedy: 'remediation' });
  return { kind, severity, message, evidence, remedy, said };
}
