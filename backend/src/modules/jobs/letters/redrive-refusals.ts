import { notPermitted } from '../../../kernel/auth/access.guard';
import { roleAllows, type Role } from '../../../kernel/auth/permissions';
import { DomainError } from '../../../kernel/errors/domain-error';
import type { AnyAction } from '../actions/action-registry';
import { parametersUnreadable } from '../worker/change-failures';
import { unknownActionFailure } from '../worker/failures';
import { say } from './letters.sentences';

/** A dead letter as somebody wants to start it again. */
export interface Letter {
  readonly kind: string;
  readonly requestId: string | null;
  /** It is one at all. */
  readonly died: boolean;
  readonly open: boolean;
}

/** Why a job cannot be started again; null when it can. Pure. @param parameters null: this program cannot read them */
export function refusalToRedrive(
  { kind, requestId, died, open }: Letter,
  action: AnyAction | undefined,
  parameters: object | null,
  role: Role,
): DomainError | null {
  if (!died) return conflict('not_dead_letter', say.not_dead(), say.not_dead_action());
  if (!open) return conflict('dead_letter_settled', say.settled(), say.settled_action());
  if (action === undefined) {
    const { kind: code, message, action: next } = unknownActionFailure(kind);
    return conflict(code, message, next ?? undefined);
  }
  const { permission, title } = action.declaration;
  if (!roleAllows(role, permission)) return notPermitted(role, permission);
  if (action.declaration.kind === 'change') {
    return conflict('plan_needed', say.change({ action: title }), say.change_action(), { requestId });
  }
  return parameters === null ? parametersUnreadable() : null;
}

function conflict(
  code: string,
  detail: DomainError['detail'],
  action: DomainError['action'],
  extensions: Readonly<Record<string, unknown>> = {},
): DomainError {
  return new DomainError({ code, status: 409, detail, extensions, ...(action === undefined ? {} : { action }) });
}
