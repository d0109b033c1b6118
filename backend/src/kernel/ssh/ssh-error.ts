import type { ApprovedHostKey, PresentedHostKey } from './host-key';
import type { RunResult } from './run-types';
import type { Sentence } from '../sentences/sentences';
import { sshErrorTexts } from './ssh-error-texts';

/** Every way in which a connection or a run can fail. The values are stable: they are stored and translated. */
export const sshErrorKinds = [
  'dns',
  'unreachable',
  'connect_timeout',
  'banner_timeout',
  'handshake_timeout',
  'auth_timeout',
  'host_key_unknown',
  'host_key_changed',
  'key_exchange_unsupported',
  'auth_failed',
  'penalised',
  'password_expired',
  'key_invalid',
  'channel_refused',
  'shell_unavailable',
  'sudo_password',
  'sudo_policy',
  'sudo_tty',
  'sudo_missing',
  'connection_lost',
  'timeout_first_byte',
  'timeout_progress',
  'timeout_total',
  'output_limit',
  'cancelled',
  'protocol',
] as const;

export type SshErrorKind = (typeof sshErrorKinds)[number];

/** How far it had come. */
export type SshStage = 'connect' | 'banner' | 'handshake' | 'auth' | 'sudo' | 'run';

/** What is known about a failure. Never contains a secret. */
export interface SshErrorDetails {
  readonly host?: string;
  readonly port?: number;
  /** A finer word within the kind, or the technical message. */
  readonly reason?: string;
  /** What the machine said (at most 4 KiB), as it came: untrusted text. */
  readonly serverText?: string;
  /** The host key that the server showed. */
  readonly presented?: PresentedHostKey;
  /** The host keys that would have been accepted. */
  readonly approved?: readonly ApprovedHostKey[];
  /** Algorithms of the server, where the negotiation failed. */
  readonly offered?: readonly string[];
  /** Authentication methods that the server would still take. */
  readonly methods?: readonly string[];
  readonly exitCode?: number;
  readonly signal?: string;
  /** The limit that was passed, in bytes. */
  readonly limitBytes?: number;
  /** The time limit that was passed, in milliseconds. */
  readonly limitMs?: number;
}

/**
 * The only error that this folder's public methods reject with (apart from wrong use, a `TypeError`).
 *
 * `message` is the same plain sentence as `sentence`; `whatToDo` says how to go on. Decide by `kind`, never by text.
 */
export class SshError extends Error {
  readonly sentence: Sentence;
  readonly whatToDo: Sentence;
  /** What a run had read before it failed: finished sections, and the beginning of an unfinished one. */
  partial?: RunResult;

  constructor(
    readonly kind: SshErrorKind,
    readonly stage: SshStage,
    readonly details: SshErrorDetails = {},
    options?: ErrorOptions,
  ) {
    const text = sshErrorTexts[kind];
    const sentence = text.sentence(details);
    super(sentence, options);
    this.name = 'SshError';
    this.sentence = sentence;
    this.whatToDo = text.whatToDo();
  }
}
