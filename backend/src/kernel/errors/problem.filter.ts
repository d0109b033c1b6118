import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { saidIn } from '../sentences/said';
import { quoted, type Sentence } from '../sentences/sentences';
import { DomainError, type FieldProblem } from './domain-error';
import { isDatabaseUnavailable } from './database-errors';
import { say } from './errors.sentences';
import type { FieldProblemDto } from './problem.dto';

/** Maps whatever was thrown to the domain error that the client is told about. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (isDatabaseUnavailable(error)) {
    return new DomainError({
      code: 'database_unavailable',
      status: 503,
      detail: say.database_unavailable(),
      action: say.database_unavailable_action(),
      cause: error,
    });
  }
  if (error instanceof HttpException) return fromHttpException(error);
  return new DomainError({
    code: 'internal_error',
    status: 500,
    detail: say.internal_error(),
    cause: error,
  });
}

function fromHttpException(error: HttpException): DomainError {
  const status = error.getStatus();
  const codes: Record<number, string> = {
    400: 'malformed_request',
    404: 'not_found',
    405: 'method_not_allowed',
    413: 'body_too_large',
    415: 'unsupported_media_type',
    503: 'not_ready',
  };
  /** The framework's own words say what a library could not do with a request. */
  const sentences: Record<number, () => Sentence> = {
    400: say.malformed_request,
    404: say.no_address,
    413: say.body_too_large,
    415: say.malformed_body,
  };
  return new DomainError({
    code: codes[status] ?? 'request_refused',
    status,
    detail: sentences[status]?.() ?? quoted(error.message),
    cause: error,
  });
}

/** A body that is no JSON document. */
export function unreadableBody(): DomainError {
  const message = say.malformed_body();
  return new DomainError({
    code: 'malformed_body',
    status: 400,
    detail: message,
    errors: [{ field: 'body', message }],
  });
}

function told(problem: FieldProblem): FieldProblemDto {
  return { ...problem, said: saidIn(problem, ['message']) };
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request & { id?: string }>();
    const response = http.getResponse<Response>();
    const problem = toDomainError(error);
    if (problem.status >= 500) this.logger.error({ err: problem.cause ?? error, code: problem.code }, problem.detail);
    if (response.headersSent) {
      response.end();
      return;
    }
    const retryAfter = problem.extensions['retryAfterSeconds'];
    if (typeof retryAfter === 'number') response.setHeader('Retry-After', String(retryAfter));
    response
      .status(problem.status)
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: `urn:system-update:problem:${problem.code}`,
          title: STATUS_CODES[problem.status] ?? 'Error',
          status: problem.status,
          code: problem.code,
          detail: problem.detail,
          action: problem.action,
          said: saidIn(problem, ['detail', 'action']),
          errors: problem.errors.length > 0 ? problem.errors.map(told) : undefined,
          requestId: request.id,
          ...problem.extensions,
        }),
      );
  }
}
