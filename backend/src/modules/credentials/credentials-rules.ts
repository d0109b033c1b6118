import type { FieldProblem } from '../../kernel/errors/domain-error';
import type { AuthMethod, SudoMode } from './entities/credentials.values';
import { privateKeyProblem } from './private-key';
import { say } from './credentials.sentences';

/** Credentials as they are sent. */
export interface CredentialsInput {
  readonly authMethod: AuthMethod;
  readonly sudoMode: SudoMode;
  readonly password?: string | null;
  readonly privateKey?: string | null;
  readonly keyPassphrase?: string | null;
  readonly sudoPassword?: string | null;
}

type SecretField = 'password' | 'privateKey' | 'keyPassphrase' | 'sudoPassword';

type Rule = 'needed' | 'optional' | 'unused_sign_in' | 'unused_sudo';

/** Whether each secret must, may or must not be there under the chosen modes. */
function expectations(input: CredentialsInput): Record<SecretField, Rule> {
  const byKey = input.authMethod === 'ssh_key';
  const sudoByPassword = input.sudoMode === 'same_as_ssh';
  return {
    password: !byKey || sudoByPassword ? 'needed' : 'unused_sign_in',
    privateKey: byKey ? 'needed' : 'unused_sign_in',
    keyPassphrase: byKey ? 'optional' : 'unused_sign_in',
    sudoPassword: input.sudoMode === 'separate' ? 'needed' : 'unused_sudo',
  };
}

/**
 * What does not fit together, each problem with its field below `prefix`. A secret that would not be used is refused
 * too: it must not look as if it had been stored.
 */
export function credentialsProblems(input: CredentialsInput, prefix = ''): FieldProblem[] {
  const problems = Object.entries(expectations(input)).flatMap(([field, rule]): FieldProblem[] => {
    const given = (input[field as SecretField] ?? null) !== null;
    if (rule === 'needed' && !given) return [{ field: prefix + field, message: say.field_needed({ field }) }];
    if (rule === 'unused_sign_in' && given)
      return [{ field: prefix + field, message: say.field_unused_sign_in({ field }) }];
    if (rule === 'unused_sudo' && given) return [{ field: prefix + field, message: say.field_unused_sudo({ field }) }];
    return [];
  });
  if (problems.length > 0 || input.authMethod !== 'ssh_key') return problems;
  const wrong = privateKeyProblem(input.privateKey ?? '', input.keyPassphrase ?? undefined);
  return wrong === undefined ? [] : [{ field: prefix + wrong.field, message: wrong.message }];
}
