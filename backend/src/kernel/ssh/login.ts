import { utils, type AuthenticationType, type AnyAuthMethod, type ParsedKey, type Prompt } from 'ssh2';
import { SshError } from './ssh-error';
import { say } from './ssh.sentences';

/** How to log in. Decrypted just before use by the caller; not kept after the login. */
export type SshSecret =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'key'; readonly privateKey: string; readonly passphrase?: string };

type Credential = { readonly password: string } | { readonly key: ParsedKey };

/**
 * Which authentication method to try next. A password is sent once, by one method: servers count failures against the
 * account and against our address, and a second try of the same password proves nothing.
 */
export class Login {
  private credential: Credential | undefined;
  private step: 'first' | 'password_sent' | 'done' = 'first';
  /** Methods that the server would still take after the last refusal. */
  methodsLeft: readonly string[] = [];
  /** How often the server refused. */
  refusals = 0;
  /** The server took the credential and wants another one on top. */
  wantsMore = false;

  /** @throws SshError `key_invalid` when the key cannot be read, before anything is sent anywhere */
  constructor(
    private readonly username: string,
    secret: SshSecret,
  ) {
    this.credential = secret.kind === 'password' ? { password: secret.password } : { key: readKey(secret) };
  }

  /** The next method, or undefined when there is nothing more to try. */
  next(methodsLeft: readonly AuthenticationType[] | null, partial: boolean | null): AnyAuthMethod | undefined {
    if (methodsLeft !== null) {
      this.refusals += 1;
      this.methodsLeft = methodsLeft;
      this.wantsMore = partial === true;
    }
    const { credential, username } = this;
    if (credential === undefined) return undefined;
    if (this.step === 'first') {
      this.step = 'key' in credential ? 'done' : 'password_sent';
      return 'key' in credential
        ? { type: 'publickey', username, key: credential.key }
        : { type: 'password', username, password: credential.password };
    }
    return this.keyboardInteractive(credential);
  }

  /** Drops the credential. */
  forget(): void {
    this.credential = undefined;
  }

  /** Where a server takes passwords by keyboard-interactive only, the first refusal did not look at the password. */
  private keyboardInteractive(credential: Credential): AnyAuthMethod | undefined {
    const untested = this.step === 'password_sent' && !this.methodsLeft.includes('password');
    if (!untested || 'key' in credential || !this.methodsLeft.includes('keyboard-interactive')) return undefined;
    this.step = 'done';
    let answered = false;
    return {
      type: 'keyboard-interactive',
      username: this.username,
      prompt: (_name: string, _instructions: string, _language: string, prompts: Prompt[], finish) => {
        const plainPassword = prompts.length === 1 && prompts[0]?.echo !== true && !answered;
        answered = true;
        finish(plainPassword ? [credential.password] : prompts.map(() => ''));
      },
    };
  }
}

function readKey(secret: { readonly privateKey: string; readonly passphrase?: string }): ParsedKey {
  if (/-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(secret.privateKey)) {
    throw new SshError('key_invalid', 'connect', { reason: say.key_in_pkcs8() });
  }
  const parsed = utils.parseKey(secret.privateKey, secret.passphrase);
  if (parsed instanceof Error)
    throw new SshError('key_invalid', 'connect', { reason: keyProblem(parsed, secret.passphrase) });
  // The library answers some formats with a list, whatever its types say.
  const [key] = [parsed].flat();
  if (key?.isPrivateKey() !== true) throw new SshError('key_invalid', 'connect', { reason: say.key_not_private() });
  return key;
}

/** The library's message is not passed on: it is free to quote what it could not read. */
function keyProblem(error: Error, passphrase: string | undefined): string {
  if (/no passphrase/i.test(error.message)) return 'it is encrypted and no passphrase is stored';
  if (/passphrase|integrity|bad decrypt|decrypt/i.test(error.message) && passphrase !== undefined)
    return 'the passphrase is wrong';
  return 'unknown format';
}
