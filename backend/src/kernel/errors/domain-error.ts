import type { Sentence } from '../sentences/sentences';
import { say } from './errors.sentences';

/** One field of a request that was refused. */
export interface FieldProblem {
  /** Path of the field, `credentials.password`. */
  readonly field: string;
  readonly message: Sentence;
}

export interface DomainErrorOptions {
  /** Stable, snake_case; clients and retries decide by it. */
  readonly code: string;
  /** HTTP status to answer with. */
  readonly status: number;
  /** A sentence a person understands. */
  readonly detail: Sentence;
  /** What to do next, as a sentence. */
  readonly action?: Sentence;
  readonly errors?: readonly FieldProblem[];
  /** Further members of the problem document. Never secrets. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An expected failure with a stable code; the problem filter turns it into `application/problem+json`. */
export class DomainError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: Sentence;
  readonly action: Sentence | undefined;
  readonly errors: readonly FieldProblem[];
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(options: DomainErrorOptions) {
    super(`${options.code}: ${options.detail}`, { cause: options.cause });
    this.name = 'DomainError';
    this.code = options.code;
    this.status = options.status;
    this.detail = options.detail;
    this.action = options.action;
    this.errors = options.errors ?? [];
    this.extensions = options.extensions ?? {};
  }
}

export function notFound(what: string, code = 'not_found'): DomainError {
  return new DomainError({ code, status: 404, detail: say.no_such({ what }) });
}

export function invalidInput(errors: readonly FieldProblem[]): DomainError {
  const fields = [...new Set(errors.map((error) => error.field))].join(', ');
  return new DomainError({
    code: 'invalid_input',
    status: 400,
    detail: say.invalid_input({ fields }),
    errors,
  });
}
