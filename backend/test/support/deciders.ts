import type { RequestOrigin } from '../../src/kernel/audit/request-origin';
import type { Role } from '../../src/kernel/auth/permissions';
import { newId } from '../../src/kernel/database/ids';

/** A person who is signed in, as the guard of HTTP tells it. */
export function person(name: string, role: Role = 'administrator'): RequestOrigin & { readonly sessionId: string } {
  const actor = { type: 'user', id: newId(), name } as const;
  return { actor, requestId: null, ip: null, sessionId: `session of ${name}`, role };
}

export const anyPerson = person('Ben');
