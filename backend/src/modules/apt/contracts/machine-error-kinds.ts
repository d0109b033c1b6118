import type { Sentence } from '../../../kernel/sentences/sentences';
import { SshError, sshErrorKinds, type SshErrorKind } from '../../../kernel/ssh/ssh-error';
import { say } from '../apt.sentences';
import { risks } from '../machine-errors.sentences';

/** What a restart can end with, and what a Proxmox host refuses any change by, with the safe thing to do about it. */
const RESTARTS = {
  inhibited: say.reboot_refused_action,
  reboot_refused: say.reboot_not_done_action,
  reboot_not_done: say.reboot_not_done_action,
  reboot_old_kernel: say.reboot_old_kernel_action,
  reboot_not_back: say.reboot_not_back_action,
  backup_running: say.backup_running_action,
  cluster_not_ready: say.cluster_not_ready_action,
} as const satisfies Readonly<Record<string, () => Sentence>>;

type ConnectionErrorKind = Exclude<SshErrorKind, 'cancelled'>;
type RestartErrorKind = keyof typeof RESTARTS;

/** Classes of failures that have nothing to do with apt: of connecting, of becoming root, of the run itself, and of a restart. */
export type MachineErrorKind = ConnectionErrorKind | RestartErrorKind;

const CONNECTION_KINDS = sshErrorKinds.filter((kind) => kind !== 'cancelled');

export const MACHINE_ERROR_KINDS: readonly MachineErrorKind[] = [
  ...CONNECTION_KINDS,
  ...(Object.keys(RESTARTS) as RestartErrorKind[]),
];

const known: ReadonlySet<string> = new Set(MACHINE_ERROR_KINDS);

export const isMachineErrorKind = (kind: string): kind is MachineErrorKind => known.has(kind);

export const isRestartErrorKind = (kind: string): kind is RestartErrorKind => Object.hasOwn(RESTARTS, kind);

/** The safe thing to do: what the failure itself says where it is met. */
export function machineRemedyOf(kind: MachineErrorKind): Sentence {
  return isRestartErrorKind(kind) ? RESTARTS[kind]() : new SshError(kind, 'connect').whatToDo;
}

/** Where the way has no name of its own. */
const OTHERWISE: Partial<Readonly<Record<MachineErrorKind, keyof typeof risks>>> = { connect_timeout: 'unreachable' };

/** Nothing takes these away but what is said to do: there is nothing to force. */
export const MACHINE_ERRORS_WITHOUT_RISK: readonly MachineErrorKind[] = [
  'auth_timeout',
  'backup_running',
  'banner_timeout',
  'channel_refused',
  'cluster_not_ready',
  'connection_lost',
  'handshake_timeout',
  'key_invalid',
  'output_limit',
  'protocol',
  'reboot_not_done',
  'reboot_old_kernel',
  'shell_unavailable',
  'sudo_missing',
  'timeout_first_byte',
  'timeout_progress',
  'timeout_total',
];

/** The risky way out, in a sentence that says what it costs; null: there is none, see {@link MACHINE_ERRORS_WITHOUT_RISK}. */
export function machineRiskOf(kind: MachineErrorKind): Sentence | null {
  const name = kind in risks ? (kind as keyof typeof risks) : OTHERWISE[kind];
  return name === undefined ? null : risks[name]();
}
