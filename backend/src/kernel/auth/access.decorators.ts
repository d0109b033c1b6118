import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Principal } from './actor';
import type { Permission } from './permissions';

/** Metadata key of a handler's access rule: a permission, or `public`. */
export const ACCESS = 'system_update:access';
export type Access = Permission | 'public';

/** The permission that a route or socket message needs. Every handler declares this or {@link Public}. */
export function RequirePermission(permission: Permission): CustomDecorator {
  return SetMetadata(ACCESS, permission satisfies Access);
}

/** Open to everybody who can reach the server. Origin and CSRF rules still hold. */
export function Public(): CustomDecorator {
  return SetMetadata(ACCESS, 'public' satisfies Access);
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
