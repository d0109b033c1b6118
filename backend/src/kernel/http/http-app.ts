import { RequestMethod, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';
import { ListeningOrigins } from '../auth/listening-origins';
import { hostIsOurs } from '../auth/origin-policy';
import { lacksHttps } from '../auth/secure-transport';
import type { Config } from '../config/config';
import { DomainError } from '../errors/domain-error';
import { ProblemFilter, unreadableBody } from '../errors/problem.filter';
import { LiveAdapter } from '../live/live-adapter';
import { InputGuard } from './input.guard';
import { validationPipe } from './validation';
import { say } from '../auth/auth.sentences';

/** Angular Material writes style elements at run time; everything else comes from our own origin. */
function securityHeaders(config: Config): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: config.secure ? [] : null,
      },
    },
    strictTransportSecurity: config.secure,
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** Health checks come from load balancers that may know us by address only; they tell nothing. */
const isHealthCheck = (request: Request): boolean => request.path.startsWith('/api/health/');

/** Past the named proxy nobody is answered, and no cookie given. */
function refusePlainHttp(config: Config) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (isHealthCheck(request) || !lacksHttps(config, request)) {
      next();
      return;
    }
    next(
      new DomainError({
        code: 'https_required',
        status: 421,
        detail: say.https_required(),
        action: say.https_required_action(),
      }),
    );
  };
}

function refuseForeignHosts(origins: ListeningOrigins) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (isHealthCheck(request) || hostIsOurs(request.headers, origins.all())) {
      next();
      return;
    }
    next(
      new DomainError({
        code: 'host_not_allowed',
        status: 421,
        detail: say.host_not_allowed(),
        action: say.host_not_allowed_action(),
      }),
    );
  };
}

/** Nest would repeat the parser's own words to the client. */
function refuseUnreadableBodies(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next(error instanceof SyntaxError ? unreadableBody() : error);
}

/** Everything that every HTTP process does before it listens; tests use the same. */
export function configureHttp(app: INestApplication, config: Config): void {
  const express = app as NestExpressApplication;
  app.useLogger(app.get(Logger));
  express.set('trust proxy', (address: string) => config.trustedProxies.contain(address));
  express.disable('x-powered-by');
  app.use(securityHeaders(config));
  app.use(refusePlainHttp(config));
  app.use(refuseForeignHosts(app.get(ListeningOrigins)));
  express.useBodyParser('json', { limit: '1mb' });
  app.use(refuseUnreadableBodies);
  app.setGlobalPrefix('api', { exclude: [{ path: 'mcp', method: RequestMethod.ALL }] });
  app.useGlobalGuards(new InputGuard());
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.useWebSocketAdapter(new LiveAdapter(app));
}
