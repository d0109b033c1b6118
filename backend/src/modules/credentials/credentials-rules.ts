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

interface Expectation {
  readonly rule: 'needed' | 'optional' | 'unused';
  /** Why it would not be used. */
  readonly reason?: string;
}

/** Whether each secret must, may or must not be there under the chosen modes. */
function expectations(input: CredentialsInput): Record<SecretField, Expectation> {
  const byKey = input.authMethod === 'ssh_key';
  const sudoByPassword = input.sudoMode === 'same_as_ssh';
  const needed: Expectation = { rule: 'needed' };
  const unused: Expectation = { rule: 'unused', reason: 'is not used with the chosen sign-in method; leave it out' };
  const unusedSudo: Expectation = { rule: 'unused', reason: 'is not used with the chosen sudo mode; leave it out' };
  return {
    password: !byKey || sudoByPassword ? needed : unused,
    privateKey: byKey ? needed : unused,
    keyPassphrase: byKey ? { rule: 'optional' } : unused,
    sudoPassword: input.sudoMode === 'separate' ? needed : unusedSudo,
  };
}

/**
 * What does not fit together, each problem with its field below `prefix`. A secret that would not be used is refused
 * too: it must not look as if it had been stored.
 */
export function credentialsProblems(input: CredentialsInput, prefix = ''): FieldProblem[] {
  const problems = Object.entries(expectations(input)).flatMap(([field, { rule, reason }]): FieldProblem[] => {
    const given = (input[field as SecretField] ?? null) !== null;
    if (rule === 'needed' && !given) return [{ field: prefix + field, message: `${field} is needed` }];
    if (rule === 'unused' && given) return [{ field: prefix + field, message: `${field} ${reason ?? ''}` }];
    return [];
  });
  if (problems.length > 0 || input.authMethod !== 'ssh_key') return problems;
  const wrong = privateKeyProblem(input.privateKey ?? '', input.keyPassphrase ?? undefined);
  return wrong === undefined ? [] : [{ field: prefix + wrong.field, message: wrong.message }];
}
