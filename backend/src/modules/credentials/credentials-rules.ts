import type { FieldProblem } from '../../kernel/errors/domain-error';
import type { AuthMethod, SudoMode } from './entities/credentials.values';
import { privateKeyProblem } from './private-key';

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

/** Whether each secret must, may or must not be there under the chosen modes. */
function expectation(input: CredentialsInput): Record<SecretField, 'needed' | 'optional' | string> {
  const byKey = input.authMethod === 'ssh_key';
  const sudoByPassword = input.sudoMode === 'same_as_ssh';
  const unused = 'is not used with the chosen sign-in method; leave it out';
  return {
    password: !byKey || sudoByPassword ? 'needed' : unused,
    privateKey: byKey ? 'needed' : unused,
    keyPassphrase: byKey ? 'optional' : unused,
    sudoPassword: input.sudoMode === 'separate' ? 'needed' : 'is not used with the chosen sudo mode; leave it out',
  };
}

/**
 * What does not fit together, each problem with its field below `prefix`. A secret that would not be used is refused
 * too: it must not look as if it had been stored.
 */
export function credentialsProblems(input: CredentialsInput, prefix = ''): FieldProblem[] {
  const problems = Object.entries(expectation(input)).flatMap(([field, expected]): FieldProblem[] => {
    const given = (input[field as SecretField] ?? null) !== null;
    if (expected === 'needed') return given ? [] : [{ field: prefix + field, message: `${field} is needed` }];
    if (expected === 'optional' || !given) return [];
    return [{ field: prefix + field, message: `${field} ${expected}` }];
  });
  if (problems.length > 0 || input.authMethod !== 'ssh_key') return problems;
  const wrong = privateKeyProblem(input.privateKey ?? '', input.keyPassphrase ?? undefined);
  return wrong === undefined ? [] : [{ field: prefix + wrong.field, message: wrong.message }];
}
