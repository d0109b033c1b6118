import type { Role } from './permissions';

/** Who does something, as written into events and the audit. */
export interface Actor {
  readonly type: 'user' | 'system' | 'schedule' | 'hermes' | 'api_client' | 'external';
  /** Null for the system itself. */
  readonly id: string | null;
  readonly name: string;
}

/** A signed-in person; hangs on the request as `request.principal`. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
}

export const systemActor: Actor = { type: 'system', id: null, name: 'system_update' };

export function actorOf(principal: Principal): Actor {
  return { type: 'user', id: principal.userId, name: principal.displayName };
}
