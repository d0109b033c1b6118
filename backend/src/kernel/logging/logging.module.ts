import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Options } from 'pino-http';
import type { Config } from '../config/config';
import { loggedError } from './logged-error';
import { secretRegistry } from './secret-registry';

/** Paths whose values never reach a log, whatever they hold. */
const redactedPaths = [
  'req.headers.authorization',
  'req.headers.cookie',
  'res.headers["set-cookie"]',
  '*.password',
  '*.newPassword',
  '*.currentPassword',
  '*.sudoPassword',
  '*.privateKey',
  '*.keyPassphrase',
  '*.token',
  'password',
  'token',
];

/** A caller's request id is kept when it is harmless, so that a proxy's log and ours can be joined. */
function requestId(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && /^[A-Za-z0-9._-]{8,64}$/.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** What every line of the log goes through. */
export function loggerOptions(level: string): Options {
  return {
    level,
    genReqId: requestId,
    redact: { paths: redactedPaths, censor: '•••' },
    hooks: { streamWrite: (line: string) => secretRegistry.mask(line) },
    autoLogging: { ignore: (request) => request.url?.startsWith('/api/health/') === true },
    customLogLevel: (_request, response, error) =>
      error !== undefined || response.statusCode >= 500 ? 'error' : 'debug',
    serializers: {
      err: loggedError,
      req: (request: { id: string; method: string; url: string }) => ({
        id: request.id,
        method: request.method,
        // Query strings may hold what people typed into a search; the path is enough to follow a request.
        path: request.url.split('?')[0],
      }),
      res: (response: { statusCode: number }) => ({ status: response.statusCode }),
    },
  };
}

@Module({})
export class LoggingModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: LoggingModule,
      imports: [LoggerModule.forRoot({ pinoHttp: loggerOptions(config.env.LOG_LEVEL) })],
    };
  }
}
