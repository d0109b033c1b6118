import { hash, timingSafeEqual } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** A host key as the server showed it. */
export interface PresentedHostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly keyType: string;
  /** `SHA256:` and unpadded base64, as OpenSSH prints it. */
  readonly fingerprint: string;
  /** The public key blob in base64, the second word of a `known_hosts` entry. */
  readonly publicKey: string;
}

/** A host key that somebody approved. */
export interface ApprovedHostKey {
  readonly keyType: string;
  readonly fingerprint: string;
  /** Compared instead of the fingerprint where it is known. */
  readonly publicKey?: string;
}

/**
 * What to think of the server's host key; required for every connection.
 * With an empty list no key is accepted: the connection ends as `host_key_unknown` and names the key.
 */
export interface HostKeyPolicy {
  readonly approved: readonly ApprovedHostKey[];
}

export type HostKeyVerdict = 'accepted' | 'unknown' | 'changed';

/**
 * Signature algorithms by key type. One RSA key signs under several names; SHA-1 (`ssh-rsa`) is never negotiated.
 * The order of the types is the order of preference.
 */
const algorithmsOf = new Map<string, readonly ServerHostKeyAlgorithm[]>([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
]);

/** Every host key algorithm that can be negotiated, best first. */
export const allHostKeyAlgorithms: readonly ServerHostKeyAlgorithm[] = [...algorithmsOf.values()].flat();

/**
 * The algorithms to negotiate under a policy: those of the approved keys only, so that a server cannot pass for new by
 * showing a key of another type. All of them where nothing is approved (the answer is then `unknown` in any case).
 */
export function negotiableAlgorithms(policy: HostKeyPolicy): readonly ServerHostKeyAlgorithm[] {
  if (policy.approved.length === 0) return allHostKeyAlgorithms;
  const types = new Set(policy.approved.map((key) => keyTypeOf(key.keyType)));
  return [...algorithmsOf].filter(([type]) => types.has(type)).flatMap(([, algorithms]) => algorithms);
}

/** The key type that signs under an algorithm name: `rsa-sha2-512` is a signature of an `ssh-rsa` key. */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/** Reads a public key blob. @throws TypeError when it is none */
export function presentedHostKey(blob: Buffer): PresentedHostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (length === 0 || length > 64 || blob.length < 4 + length) throw new TypeError('Not an SSH public key.');
  return {
    keyType: blob.toString('latin1', 4, 4 + length),
    fingerprint: `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`,
    publicKey: blob.toString('base64'),
  };
}

/**
 * Reads `ssh-ed25519 AAAA… comment` (a `.pub` file, or the end of a `known_hosts` line).
 * @throws TypeError when it is no public key, or of another type than it says
 */
export function parseHostKeyLine(line: string): PresentedHostKey {
  const [type, base64] = line.trim().split(/\s+/);
  const key = presentedHostKey(Buffer.from(base64 ?? '', 'base64'));
  if (key.keyType !== type) throw new TypeError('The key is of another type than its line says.');
  return key;
}

/** Accepted, or `changed` when keys are approved but not this one, or `unknown` when none is. */
export function judgeHostKey(policy: HostKeyPolicy, presented: PresentedHostKey): HostKeyVerdict {
  if (policy.approved.some((approved) => sameKey(approved, presented))) return 'accepted';
  return policy.approved.length === 0 ? 'unknown' : 'changed';
}

function sameKey(approved: ApprovedHostKey, presented: PresentedHostKey): boolean {
  if (keyTypeOf(approved.keyType) !== presented.keyType) return false;
  return approved.publicKey === undefined
    ? equalText(approved.fingerprint, presented.fingerprint)
    : equalText(approved.publicKey, presented.publicKey);
}

function equalText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
