import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Request } from 'express';
import type { Principal } from './actor';
import type { Permission } from './permissions';

/** Metadata key of a handler's access rule: a permission, or `public`. */
export const ACCESS = 'system_update:access';
export type Access = Permission | 'public';

/** Name of the session cookie's scheme in the OpenAPI document. */
export const SESSION_SCHEME = 'cookie';

/** The permission that a route or socket message needs. Every handler declares this or {@link Public}. */
export function RequirePermission(permission: Permission): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ACCESS, permission satisfies Access), ApiSecurity(SESSION_SCHEME));
}

/** Open to everybody who can reach the server. Origin and CSRF rules still hold. */
export function Public(): MethodDecorator & ClassDecorator {
  // No requirement at all is one that everybody meets.
  return applyDecorators(SetMetadata(ACCESS, 'public' satisfies Access), ApiSecurity({}));
}

export interface AuthenticatedRequest extends Request {
  principal?: Principal;
}

/** The signed-in person; only on handlers that need a permission. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (principal === undefined) throw new Error('CurrentPrincipal was used on a public handler');
  return principal;
});
