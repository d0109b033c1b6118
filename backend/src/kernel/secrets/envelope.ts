import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Where an encrypted value belongs. A ciphertext moved to another row or column does not decrypt. */
export interface SecretLocation {
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
}

/** A key of the ring: 32 bytes under an id that every envelope names. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** An envelope could not be opened: wrong key, moved, or damaged. Never says what was inside. */
export class EnvelopeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvelopeError';
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const pattern = /^suenc:1:([a-z0-9-]+):([A-Za-z0-9_-]+):([A-Za-z0-9_-]+)$/;

/** Length-prefixed, so that no two locations give the same bytes. */
function associatedData(location: SecretLocation): Buffer {
  return Buffer.from(JSON.stringify([location.table, location.rowId, location.column]), 'utf8');
}

/** AES-256-GCM. @returns `suenc:1:<key id>:<nonce>:<ciphertext and tag>`, base64url. */
export function seal(key: EncryptionKey, location: SecretLocation, clearText: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(associatedData(location));
  const sealed = Buffer.concat([cipher.update(clearText, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `suenc:1:${key.id}:${nonce.toString('base64url')}:${sealed.toString('base64url')}`;
}

/** @throws EnvelopeError when it is no envelope of ours. */
export function keyIdOf(envelope: string): string {
  const id = pattern.exec(envelope)?.[1];
  if (id === undefined) throw new EnvelopeError('the value is not an encrypted envelope');
  return id;
}

/** @throws EnvelopeError when the key, the place or a single bit differs. */
export function open(key: EncryptionKey, location: SecretLocation, envelope: string): string {
  const match = pattern.exec(envelope);
  if (match?.[2] === undefined || match[3] === undefined)
    throw new EnvelopeError('the value is not an encrypted envelope');
  const sealed = Buffer.from(match[3], 'base64url');
  const nonce = Buffer.from(match[2], 'base64url');
  if (sealed.length < TAG_BYTES || nonce.length !== NONCE_BYTES) throw new EnvelopeError('the envelope is damaged');
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_BYTES })
    .setAAD(associatedData(location))
    .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    );
  } catch {
    throw new EnvelopeError(`the envelope in ${location.table}.${location.column} does not open with key ${key.id}`);
  }
}
