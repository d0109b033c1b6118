import { keyTypeOf, type PresentedHostKey } from '../../kernel/ssh/host-key';
import type { HostKeyStatus } from './entities/credentials.values';

/** As much of a stored key as judging needs. */
export interface KnownHostKey {
  readonly keyType: string;
  readonly fingerprint: string;
  readonly status: HostKeyStatus;
}

/** What a shown key means. */
export interface Judgement {
  readonly status: HostKeyStatus;
  /** It stands where an approved one should: whoever shows it is not the machine that people have approved. */
  readonly displaces: boolean;
}

/**
 * What each shown key means, given the keys that are stored. Pure.
 *
 * With nothing approved a key is new and waits, unless somebody has decided about it before. With something approved, a
 * key displaces it when it stands where an approved one should (same type), or when not one approved key was shown: a
 * machine in the middle must not pass for new by showing another type. Such a key is `changed` and waits for a decision;
 * one that was rejected stays so, and whatever the same server shows beside it is rejected with it.
 */
export function judgeShownKeys(known: readonly KnownHostKey[], shown: readonly PresentedHostKey[]): Judgement[] {
  const approved = known.filter((key) => key.status === 'approved');
  const isApproved = (key: PresentedHostKey) => approved.some((other) => other.fingerprint === key.fingerprint);
  const provenOne = shown.some(isApproved);
  const statusOf = (key: PresentedHostKey) => known.find((other) => other.fingerprint === key.fingerprint)?.status;
  const rejectedOne = !provenOne && shown.some((key) => statusOf(key) === 'rejected');
  const approvedTypes = new Set(approved.map((key) => keyTypeOf(key.keyType)));
  return shown.map((key) => {
    if (isApproved(key)) return { status: 'approved', displaces: false };
    const before = statusOf(key) ?? 'unknown';
    const displaces = approved.length > 0 && (!provenOne || approvedTypes.has(key.keyType));
    if (!displaces) return { status: before, displaces };
    return { status: rejectedOne || before === 'rejected' ? 'rejected' : 'changed', displaces };
  });
}
