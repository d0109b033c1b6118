import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from '../auth/access.decorators';
import { actorOf, type Actor } from '../auth/actor';
import type { Role } from '../auth/permissions';

/** Who asks, and through which request. */
export interface RequestOrigin {
  readonly actor: Actor;
  readonly requestId: string | null;
  /** Address of the client as the trusted proxies tell it. */
  readonly ip: string | null;
  /** Of the person who is signed in; null where no person asks in a session of their own. */
  readonly sessionId: string | null;
  /** Of that person. */
  readonly role: Role | null;
}

/** The origin of something that no request asked for: a job, a schedule. */
export function originOf(actor: Actor): RequestOrigin {
  return { actor, requestId: null, ip: null, sessionId: null, role: null };
}

/** The origin of the current request; only on handlers that need a permission. */
export const CurrentOrigin = createParamDecorator((_data: unknown, context: ExecutionContext): RequestOrigin => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest & { id?: unknown }>();
  if (request.principal === undefined) throw new Error('CurrentOrigin was used on a public handler');
  return {
    actor: actorOf(request.principal),
    requestId: typeof request.id === 'string' ? request.id : null,
    ip: request.ip ?? null,
    sessionId: request.principal.sessionId,
    role: request.principal.role,
  };
});
