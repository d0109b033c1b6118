import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, open as openFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../errors/error-code';
import { keyIdOf, open, seal, type EncryptionKey, type SecretLocation } from './envelope';

/** The keys that encrypt machine secrets, newest first. They live outside the database, always. */
export class Keyring {
  private readonly byId: ReadonlyMap<string, EncryptionKey>;

  constructor(private readonly keys: readonly [EncryptionKey, ...EncryptionKey[]]) {
    this.byId = new Map(keys.map((key) => [key.id, key]));
    if (this.byId.size !== keys.length) throw new Error('The keyring names the same key id twice.');
  }

  has(keyId: string): boolean {
    return this.byId.has(keyId);
  }

  encrypt(location: SecretLocation, clearText: string): string {
    return seal(this.keys[0], location, clearText);
  }

  /** @throws EnvelopeError; Error when the envelope's key is not in the ring. */
  decrypt(location: SecretLocation, envelope: string): string {
    const id = keyIdOf(envelope);
    const key = this.byId.get(id);
    if (key === undefined) throw new Error(`The encryption key "${id}" is missing from the keyring.`);
    return open(key, location, envelope);
  }

  /** Proves later that a text is the one of now, to whoever holds the ring. @returns `sumac:1:<key id>:<HMAC-SHA256, hex>` */
  sign(purpose: string, text: string): string {
    return signed(this.keys[0], purpose, text);
  }

  /** False for another text, another purpose, what is no signature, and one of a key that is not in the ring any more. */
  verify(purpose: string, text: string, signature: string): boolean {
    const key = this.byId.get(SIGNATURE.exec(signature)?.[1] ?? '');
    if (key === undefined) return false;
    const [given, expected] = [signature, signed(key, purpose, text)].map((value) => Buffer.from(value, 'utf8'));
    return given !== undefined && expected?.length === given.length && timingSafeEqual(given, expected);
  }
}

const SIGNATURE = /^sumac:1:([a-z0-9-]+):[0-9a-f]{64}$/;

/** By a key of its own for each purpose: none of them says anything about the one that encrypts. */
function signed({ id, bytes }: EncryptionKey, purpose: string, text: string): string {
  const key = Buffer.from(hkdfSync('sha256', bytes, Buffer.alloc(0), `system_update signature ${purpose}`, 32));
  return `sumac:1:${id}:${createHmac('sha256', key).update(text, 'utf8').digest('hex')}`;
}

/** `id:base64` of 32 bytes, separated by commas or lines; the first one encrypts. */
export function parseKeyring(text: string): Keyring {
  const keys = text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line, index): EncryptionKey => {
      const match = /^([a-z0-9-]{1,40}):([A-Za-z0-9+/]{43}=)$/.exec(line);
      // The line itself is a secret, so only its position is told.
      if (match?.[1] === undefined || match[2] === undefined) {
        throw new Error(`Key ${String(index + 1)} of the keyring is not "id:base64 of 32 bytes".`);
      }
      return { id: match[1], bytes: Buffer.from(match[2], 'base64') };
    });
  const [first, ...rest] = keys;
  if (first === undefined) throw new Error('The keyring holds no key.');
  return new Keyring([first, ...rest]);
}

export function keyringFile(dataDir: string): string {
  return path.join(dataDir, 'keys', 'keyring');
}

/** The ring from the configuration or its file; undefined when there is neither yet. */
export function loadKeyring(configured: string | undefined, dataDir: string): Keyring | undefined {
  if (configured !== undefined) return parseKeyring(configured);
  const file = keyringFile(dataDir);
  return existsSync(file) ? parseKeyring(readFileSync(file, 'utf8')) : undefined;
}

/**
 * Makes the first key and writes it for good before anything can be encrypted with it.
 * Of several processes that start together one wins; the others read its file.
 */
export async function createKeyring(dataDir: string): Promise<Keyring> {
  const file = keyringFile(dataDir);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const id = `k${new Date().toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
  const line = `${id}:${randomBytes(32).toString('base64')}\n`;
  const draft = `${file}.${id}`;
  await writeDurably(draft, line);
  try {
    // A link appears whole or not at all, so nobody reads half a key.
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return parseKeyring(readFileSync(file, 'utf8'));
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await openFile(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
