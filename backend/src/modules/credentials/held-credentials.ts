import { secretRegistry } from '../../kernel/logging/secret-registry';
import type { SshSecret } from '../../kernel/ssh/login';
import type { SudoMode } from '../../kernel/ssh/run-types';
import type { SecretColumn } from './credentials.repository';
import type { AuthMethod, SudoMode as StoredSudoMode } from './entities/credentials.values';

/**
 * Decrypted credentials while they are in use: as long as they are held, every log masks their values.
 * After `release()` they are gone.
 */
export class HeldCredentials {
  private held: { readonly secret: SshSecret; readonly sudo: SudoMode; readonly values: readonly string[] } | undefined;
  private readonly forget: readonly (() => void)[];

  /** @param reveal decrypts a column; undefined where nothing is stored */
  constructor(authMethod: AuthMethod, sudoMode: StoredSudoMode, reveal: (column: SecretColumn) => string | undefined) {
    const password = reveal('enc_password');
    const sudoPassword = reveal('enc_sudo_password');
    const privateKey = reveal('enc_private_key');
    const passphrase = reveal('enc_key_passphrase');
    this.held = {
      secret: signIn(authMethod, password, privateKey, passphrase),
      sudo: becomeRoot(sudoMode === 'same_as_ssh' ? password : sudoPassword),
      values: [password, sudoPassword, privateKey, passphrase].filter((value) => value !== undefined),
    };
    this.forget = this.held.values.map((value) => secretRegistry.register(value));
  }

  /** How to log in. */
  get secret(): SshSecret {
    return this.current().secret;
  }

  /** How a run becomes root. */
  get sudo(): SudoMode {
    return this.current().sudo;
  }

  /** Every value that must not show up anywhere. */
  get values(): readonly string[] {
    return this.current().values;
  }

  /** Drops the values. May be called twice. */
  release(): void {
    this.held = undefined;
    for (const forget of this.forget) forget();
  }

  private current(): NonNullable<typeof this.held> {
    if (this.held === undefined) throw new Error('The credentials were used after they had been released.');
    return this.held;
  }
}

function signIn(
  method: AuthMethod,
  password: string | undefined,
  privateKey: string | undefined,
  passphrase: string | undefined,
): SshSecret {
  if (method === 'ssh_key') {
    if (privateKey === undefined) throw new Error('the private key is missing');
    return passphrase === undefined ? { kind: 'key', privateKey } : { kind: 'key', privateKey, passphrase };
  }
  if (password === undefined) throw new Error('the password is missing');
  return { kind: 'password', password };
}

/** Without a password the account is root already, or sudo must not ask. */
function becomeRoot(password: string | undefined): SudoMode {
  return password === undefined ? { kind: 'nopasswd' } : { kind: 'password', password };
}
