import { utils } from 'ssh2';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './credentials.sentences';

/**
 * Deriving the key from a passphrase runs in JavaScript here, about 10 ms per round, with everything else waiting.
 * `ssh-keygen` makes 16 or 24 rounds.
 */
const MAX_ROUNDS = 100;

/** What is wrong with a private key, as a field and a sentence; undefined when it can be used. */
export interface PrivateKeyProblem {
  readonly field: 'privateKey' | 'keyPassphrase';
  readonly message: Sentence;
}

/** Tries to read a private key the way the SSH client will. Never repeats anything of the key. */
export function privateKeyProblem(privateKey: string, passphrase: string | undefined): PrivateKeyProblem | undefined {
  const rounds = derivationRounds(privateKey);
  if (rounds > MAX_ROUNDS) {
    const message = say.too_many_rounds({ rounds, max: MAX_ROUNDS });
    return { field: 'privateKey', message };
  }
  const parsed = utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) return explain(parsed.message, passphrase !== undefined, privateKey);
  if (!parsed.isPrivateKey()) return { field: 'privateKey', message: say.public_key() };
  return undefined;
}

function explain(reason: string, hasPassphrase: boolean, privateKey: string): PrivateKeyProblem {
  if (reason.includes('no passphrase given')) {
    return { field: 'keyPassphrase', message: say.passphrase_needed() };
  }
  if (hasPassphrase && (reason.includes('passphrase') || reason.includes('bad decrypt'))) {
    return { field: 'keyPassphrase', message: say.passphrase_wrong() };
  }
  if (/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(privateKey)) {
    const message = say.pkcs8();
    return { field: 'privateKey', message };
  }
  return { field: 'privateKey', message: say.no_private_key() };
}

/** The rounds of an encrypted key in OpenSSH's own format (PROTOCOL.key); 0 for every other one. */
function derivationRounds(privateKey: string): number {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(privateKey)?.[1];
  if (body === undefined) return 0;
  const bytes = Buffer.from(body, 'base64');
  let at = 'openssh-key-v1\0'.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const field = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  next();
  if (next().toString('latin1') !== 'bcrypt') return 0;
  const options = next();
  return options.length >= 4 ? options.readUInt32BE(options.length - 4) : 0;
}
