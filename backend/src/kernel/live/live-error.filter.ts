import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { toDomainError } from '../errors/problem.filter';
import { sendProblem, type LiveClient } from './live-client';

/** Answers a refused socket message with an `error` event; the socket stays open. */
@Catch()
export class LiveErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(LiveErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = toDomainError(error);
    if (problem.status >= 500) this.logger.error({ err: problem.cause ?? error, code: problem.code }, problem.detail);
    sendProblem(host.switchToWs().getClient<LiveClient>(), problem);
  }
}
