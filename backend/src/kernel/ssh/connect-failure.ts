import { offeredCiphers, offeredKex, offeredMacs } from './algorithms';
import type { HandshakeTap } from './handshake-tap';
import { keyTypeOf, type HostKeyPolicy } from './host-key';
import type { SshErrorDetails, SshErrorKind } from './ssh-error';
import { say } from './ssh.sentences';

/** What is known when a connection ends before the login is done. */
export interface FailureEvidence {
  readonly stage: 'connect' | 'banner' | 'handshake' | 'auth';
  /** The error of the socket or of the library; undefined when the other side just closed. */
  readonly cause: Error | undefined;
  readonly tap: HandshakeTap;
  readonly hostKeys: HostKeyPolicy;
  readonly hostKeyAlgorithms: readonly string[];
  /** The server refused a credential before. */
  readonly refused: boolean;
}

interface Failure {
  readonly kind: SshErrorKind;
  readonly details: SshErrorDetails;
}

const dnsCodes = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'EAI_NONAME',
  'EAI_ADDRFAMILY',
  'EAI_SERVICE',
]);
const closedCodes = new Set(['ECONNRESET', 'EPIPE']);

/** Decides what a failed attempt means. Pure. */
export function classifyFailure(evidence: FailureEvidence): Failure {
  switch (evidence.stage) {
    case 'connect':
      return connectFailure(evidence.cause);
    case 'banner':
      return bannerFailure(evidence);
    case 'handshake':
      return handshakeFailure(evidence);
    case 'auth':
      return authFailure(evidence);
  }
}

function codeOf(error: Error | undefined): string {
  return error !== undefined && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function connectFailure(cause: Error | undefined): Failure {
  const code = codeOf(cause);
  const details = { reason: code === '' ? (cause?.message ?? 'closed') : code };
  if (dnsCodes.has(code)) return { kind: 'dns', details };
  if (code === 'ETIMEDOUT') return { kind: 'connect_timeout', details };
  return { kind: 'unreachable', details };
}

function bannerFailure({ tap }: FailureEvidence): Failure {
  const serverText = tap.text;
  // The two lines that sshd writes instead of its identification.
  if (/^Not allowed at this time/m.test(serverText))
    return { kind: 'penalised', details: { reason: 'penalty', serverText } };
  if (/^Exceeded MaxStartups/m.test(serverText))
    return { kind: 'penalised', details: { reason: 'max_startups', serverText } };
  if (serverText.trim() === '') return { kind: 'penalised', details: { reason: 'closed_before_banner' } };
  return { kind: 'protocol', details: { reason: say.not_an_ssh_server(), serverText } };
}

function handshakeFailure(evidence: FailureEvidence): Failure {
  const mismatch = findMismatch(evidence);
  if (mismatch !== undefined) return mismatch;
  const { cause } = evidence;
  if (cause === undefined || closedCodes.has(codeOf(cause)))
    return { kind: 'penalised', details: { reason: 'closed_after_banner' } };
  return { kind: 'protocol', details: { reason: cause.message } };
}

function findMismatch({ tap, hostKeys, hostKeyAlgorithms }: FailureEvidence): Failure | undefined {
  const { offered } = tap;
  if (offered === undefined) return undefined;
  const lacks = (ours: readonly string[], theirs: readonly string[]) => !ours.some((name) => theirs.includes(name));
  const unsupported = (reason: string, list: readonly string[]): Failure => ({
    kind: 'key_exchange_unsupported',
    details: { reason, offered: list.slice(0, 50) },
  });
  if (lacks(offeredKex, offered.kex)) return unsupported('key exchange', offered.kex);
  if (lacks(hostKeyAlgorithms, offered.hostKey)) {
    if (hostKeys.approved.length === 0) return unsupported('host key algorithm', offered.hostKey);
    const types = [...new Set(offered.hostKey.map(keyTypeOf))].slice(0, 50);
    return { kind: 'host_key_changed', details: { approved: hostKeys.approved, offered: types } };
  }
  if (lacks(offeredCiphers, offered.cipher)) return unsupported('cipher', offered.cipher);
  const authenticated = offered.cipher.some((name) => name.includes('gcm') || name.includes('poly1305'));
  if (!authenticated && lacks(offeredMacs, offered.mac)) return unsupported('MAC', offered.mac);
  return undefined;
}

function authFailure({ cause, refused }: FailureEvidence): Failure {
  const reason = cause?.message ?? 'closed during the login';
  if (refused || /authentication failures|not allowed|permission denied/i.test(reason))
    return { kind: 'auth_failed', details: { reason } };
  return { kind: 'connection_lost', details: { reason } };
}
