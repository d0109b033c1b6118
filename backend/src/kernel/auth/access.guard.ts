import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Config } from '../config/config';
import { DomainError } from '../errors/domain-error';
import { ACCESS, type Access, type AuthenticatedRequest } from './access.decorators';
import type { Principal } from './actor';
import { say } from './auth.sentences';
import { ListeningOrigins } from './listening-origins';
import { csrfViolation } from './origin-policy';
import { roleAllows, type Permission, type Role } from './permissions';
import { SessionAuthenticator } from './session-authenticator';
import { readSessionToken } from './session-cookie';

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export function assertAllowed(principal: Principal, permission: Permission): void {
  if (!roleAllows(principal.role, permission)) throw notPermitted(principal.role, permission);
}

export function notPermitted(role: Role, permission: Permission): DomainError {
  return new DomainError({
    code: 'not_permitted',
    status: 403,
    detail: say.not_permitted({ role }),
    action: say.ask_administrator(),
    extensions: { permission },
  });
}

/** Deny by default: a request passes only by the access rule of its handler. Socket messages: see the live gateway. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly config: Config,
    private readonly origins: ListeningOrigins,
    private readonly sessions: SessionAuthenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === undefined) throw new Error(`${context.getClass().name} has a handler without an access rule`);
    if (context.getType() !== 'http') {
      const client = context.switchToWs().getClient<{ principal?: Principal }>();
      if (access !== 'public') assertAllowed(this.required(client.principal), access);
      return true;
    }
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    this.refuseForeignChanges(request);
    if (access === 'public') return true;
    const token = readSessionToken(this.config, request.headers.cookie);
    const principal = this.required(token === undefined ? undefined : await this.sessions.authenticate(token));
    assertAllowed(principal, access);
    request.principal = principal;
    return true;
  }

  private refuseForeignChanges(request: AuthenticatedRequest): void {
    if (readingMethods.has(request.method)) return;
    const violation = csrfViolation(request.headers, this.origins.all());
    if (violation === undefined) return;
    throw new DomainError({
      code: 'cross_site_request',
      status: 403,
      detail: violation,
      action: say.cross_site_action(),
    });
  }

  private required(principal: Principal | undefined): Principal {
    if (principal !== undefined) return principal;
    throw new DomainError({
      code: 'not_signed_in',
      status: 401,
      detail: say.not_signed_in(),
      action: say.not_signed_in_action(),
    });
  }
}
