import { RequestMethod, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WsAdapter } from '@nestjs/platform-ws';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { Logger } from 'nestjs-pino';
import { ListeningOrigins } from '../auth/listening-origins';
import { hostIsOurs } from '../auth/origin-policy';
import type { Config } from '../config/config';
import { DomainError } from '../errors/domain-error';
import { ProblemFilter } from '../errors/problem.filter';
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
function refuseForeignHosts(origins: ListeningOrigins) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (request.path.startsWith('/api/health/') || hostIsOurs(request.headers, origins.all())) {
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

/** Everything that every HTTP process does before it listens; tests use the same. */
export function configureHttp(app: INestApplication, config: Config): void {
  const express = app as NestExpressApplication;
  app.useLogger(app.get(Logger));
  express.set('trust proxy', config.env.TRUSTED_PROXIES);
  express.disable('x-powered-by');
  app.use(securityHeaders(config));
  app.use(refuseForeignHosts(app.get(ListeningOrigins)));
  express.useBodyParser('json', { limit: '1mb' });
  app.setGlobalPrefix('api', { exclude: [{ path: 'mcp', method: RequestMethod.ALL }] });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.useWebSocketAdapter(new WsAdapter(app));
}
