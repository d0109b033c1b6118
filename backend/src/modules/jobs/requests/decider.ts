import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Actor } from '../../../kernel/auth/actor';
import type { Role } from '../../../kernel/auth/permissions';
import { DomainError } from '../../../kernel/errors/domain-error';
import { say } from '../jobs.sentences';

/** A person who decides, in a session of their own. */
export interface Decider {
  readonly actor: Actor & { readonly type: 'user'; readonly id: string };
  readonly sessionId: string;
  readonly role: Role;
  readonly origin: RequestOrigin;
}

/**
 * Agents, clients of the interface, schedules and the program itself ask; they never decide, whatever they may otherwise do.
 * @throws DomainError 403 `person_needed`
 */
export function deciderOf(origin: RequestOrigin): Decider {
  const { actor, sessionId, role } = origin;
  const { type, id, name } = actor;
  if (type === 'user' && id !== null && sessionId !== null && role !== null) {
    return { actor: { type, id, name }, sessionId, role, origin };
  }
  throw new DomainError({
    code: 'person_needed',
    status: 403,
    detail: say.person_needed(),
    action: say.person_needed_action(),
  });
}
