import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits under a prefix by which leaked tokens can be found. */
export function newToken(kind: 'session' | 'link'): string {
  return `su_${kind}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored. A fast hash is right here: the token itself has full entropy. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
