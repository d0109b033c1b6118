import type { RequestOrigin } from '../../src/kernel/audit/request-origin';
import { newId } from '../../src/kernel/database/ids';

/** A person who is signed in, as the guard of HTTP tells it. */
export function person(name: string, id = newId()): RequestOrigin & { readonly sessionId: string } {
  return { actor: { type: 'user', id, name }, requestId: null, ip: null, sessionId: `session of ${name}` };
}

export const anyPerson = person('Ben');
