import type { SshErrorKind } from '../../kernel/ssh/ssh-error';
import { UNREACHABLE_KINDS } from './needs';

/** Errors up to being signed in that a machine answered with. */
const answeredKinds: readonly SshErrorKind[] = [
  'auth_timeout',
  'host_key_unknown',
  'host_key_changed',
  'key_exchange_unsupported',
  'auth_failed',
  'password_expired',
];
export const ANSWERED_KINDS: ReadonlySet<string> = new Set(answeredKinds);

const upToSignIn: readonly string[] = [
  ...UNREACHABLE_KINDS,
  ...answeredKinds,
  'key_invalid',
  'no_credentials',
  'credentials_unreadable',
];

/** Once somebody is signed in, these are settled: errors up to there, and that a machine did not come back from its restart. */
export const SETTLED_BY_SIGN_IN: ReadonlySet<string> = new Set([...upToSignIn, 'reboot_not_back']);

/** Errors between being signed in and being root. */
const rootKinds: readonly SshErrorKind[] = [
  'channel_refused',
  'shell_unavailable',
  'sudo_password',
  'sudo_policy',
  'sudo_tty',
  'sudo_missing',
];
export const SETTLED_BY_ROOT: ReadonlySet<string> = new Set(rootKinds);

const ofTheWay: readonly SshErrorKind[] = ['connection_lost', 'protocol', 'timeout_first_byte'];
const connectionKinds: ReadonlySet<string> = new Set([...upToSignIn, ...rootKinds, ...ofTheWay]);

/** Whether it is an error of connecting or of the connection: no action's own, whichever met it. */
export const isConnectionKind = (kind: string): boolean => connectionKinds.has(kind);
