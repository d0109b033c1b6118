import { keyTypeOf, type PresentedHostKey } from '../../kernel/ssh/host-key';
import type { HostKeyStatus } from './entities/credentials.values';

/** As much of a stored key as judging needs. */
export interface KnownHostKey {
  readonly keyType: string;
  readonly fingerprint: string;
  readonly status: HostKeyStatus;
}

/**
 * What each shown key means, given the keys that are stored. Pure.
 *
 * With nothing approved a key is new and waits, unless somebody has decided about it before. With something approved, a
 * key is `changed` when it stands where an approved one should (same type), or when not one approved key was shown: a
 * machine in the middle must not pass for new by showing another type.
 */
export function judgeShownKeys(known: readonly KnownHostKey[], shown: readonly PresentedHostKey[]): HostKeyStatus[] {
  const approved = known.filter((key) => key.status === 'approved');
  const isApproved = (key: PresentedHostKey) => approved.some((other) => other.fingerprint === key.fingerprint);
  const provenOne = shown.some(isApproved);
  const approvedTypes = new Set(approved.map((key) => keyTypeOf(key.keyType)));
  return shown.map((key) => {
    if (isApproved(key)) return 'approved';
    const before = known.find((other) => other.fingerprint === key.fingerprint)?.status;
    if (approved.length === 0) return before ?? 'unknown';
    if (!provenOne || approvedTypes.has(key.keyType)) return 'changed';
    return before ?? 'unknown';
  });
}
