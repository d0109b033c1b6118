import { sshErrorKinds } from '../../../kernel/ssh/ssh-error';
import type { EndedJob } from '../../jobs/jobs.reader';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { isAptErrorKind } from '../contracts/apt-error-kinds';
import { isRestartErrorKind, type MachineErrorKind } from '../contracts/machine-error-kinds';
import { VERIFYING_ACTIONS, type ErrorStanding, type VerifyingAction } from './verification';

/** How far a connection had come when it failed: what failed further on proves that all before it works. */
const STAGES: readonly (readonly string[])[] = [
  ['dns', 'unreachable', 'connect_timeout', 'banner_timeout', 'handshake_timeout', 'penalised', 'reboot_not_back'],
  [
    'auth_timeout',
    'host_key_unknown',
    'host_key_changed',
    'key_exchange_unsupported',
    'auth_failed',
    'password_expired',
    'key_invalid',
  ],
  [
    'channel_refused',
    'shell_unavailable',
    'sudo_password',
    'sudo_policy',
    'sudo_tty',
    'sudo_missing',
    'timeout_first_byte',
  ],
];
const SIGNED_IN = 2;
const AT_WORK = STAGES.length;

/** Upgrades, removals and restarts meet it, each for itself. */
const BACKUP = 'backup_running' satisfies MachineErrorKind;

/** What a run met only by what it did itself: nothing but the same action tells whether it is gone. */
const OF_THE_RUN: ReadonlySet<string> = new Set(['timeout_progress', 'timeout_total', 'output_limit', BACKUP]);

/** What an analysis reads of the kernels says more than that: it is told by restarts and by analyses. */
export const OLD_KERNEL = 'reboot_old_kernel' satisfies MachineErrorKind;

/** Only another restart tells of these. A machine that was silent is back once anybody has been signed in there. */
const OF_RESTARTS: ReadonlySet<string> = new Set([
  'inhibited',
  'reboot_refused',
  'reboot_not_done',
  'cluster_not_ready',
  OLD_KERNEL,
] satisfies MachineErrorKind[]);

/** What one look or run says of an error, and when it was. */
export interface Telling {
  readonly verdict: 'gone' | 'there';
  readonly at: Date;
  readonly verifiedBy: VerifyingAction;
}

/**
 * Which action tells of such an error, where nobody has worked on the machine since.
 * @param by name of the action that met it
 */
export function machineVerifierOf(kind: MachineErrorKind, by = 'apt_upgrade'): VerifyingAction {
  if (kind === BACKUP) return VERIFYING_ACTIONS.find((action) => action === by) ?? 'apt_upgrade';
  if (kind === OLD_KERNEL) return 'apt_update_analyze';
  return OF_RESTARTS.has(kind) ? 'reboot' : 'machine_probe';
}

/** What an analysis says of a machine that had come back with an old kernel; null: it could not tell. Pure. */
export function kernelTelling(
  { running_kernel, expected_kernel }: AptUpdateAnalyze['reboot'],
  at: Date,
): Telling | null {
  if (running_kernel === null || expected_kernel === null) return null;
  return { verdict: running_kernel === expected_kernel ? 'gone' : 'there', at, verifiedBy: 'apt_update_analyze' };
}

/**
 * Whether an error of connecting or restarting is gone. Pure.
 * @param by name of the action that met it
 * @param later jobs of the machine that have ended since, newest first
 * @param seenAt when somebody was last signed in there; null: never, or not since
 * @param kernel what the newest analysis since says of {@link OLD_KERNEL}; null: nothing
 */
export function machineStanding(
  kind: MachineErrorKind,
  by: string,
  later: readonly EndedJob[],
  seenAt: Date | null,
  kernel: Telling | null,
): ErrorStanding {
  const verifiedBy = machineVerifierOf(kind, by);
  const tellings = later.flatMap((job): Telling[] => {
    const verdict = verdictOf(kind, by, job);
    const told = OF_RESTARTS.has(kind) ? 'reboot' : verifiedBy;
    return verdict === null ? [] : [{ verdict, at: job.finishedAt, verifiedBy: told }];
  });
  if (kind === OLD_KERNEL && kernel !== null) tellings.push(kernel);
  if (stageOf(kind) < SIGNED_IN && seenAt !== null) tellings.push({ verdict: 'gone', at: seenAt, verifiedBy });
  // Of two at the same moment the run counts: it stands first.
  const newest = tellings.reduce<Telling | null>((best, one) => (best === null || one.at > best.at ? one : best), null);
  return newest === null
    ? { kind, verdict: 'not_looked', verifiedBy, lookedAt: null }
    : { kind, verdict: newest.verdict, verifiedBy: newest.verifiedBy, lookedAt: newest.at };
}

/** What one job says; null: nothing. */
function verdictOf(kind: MachineErrorKind, by: string, job: EndedJob): 'gone' | 'there' | null {
  if (job.status === 'error' && job.errorKind === kind) return 'there';
  if (OF_RESTARTS.has(kind)) return job.kind === 'reboot' && job.status !== 'error' ? 'gone' : null;
  if (OF_THE_RUN.has(kind)) return job.kind === by && job.status !== 'error' ? 'gone' : null;
  return reached(job) > stageOf(kind) ? 'gone' : null;
}

/** A run ends with these at whatever it was, while it connects too: they prove nothing. */
const ANYWHERE: ReadonlySet<string> = new Set(['cancelled', 'connection_lost', 'protocol', 'timeout_total']);

/** How far it came on the machine; -1: not known, as of what failed before it began. */
function reached({ status, errorKind }: EndedJob): number {
  if (status !== 'error') return AT_WORK + 1;
  if (errorKind === null || ANYWHERE.has(errorKind)) return -1;
  // A machine that does not come back from its restart is as silent as one that was never reached.
  if (stageOf(errorKind) < AT_WORK) return stageOf(errorKind);
  if (isAptErrorKind(errorKind) || isRestartErrorKind(errorKind)) return AT_WORK + 1;
  return (sshErrorKinds as readonly string[]).includes(errorKind) ? AT_WORK : -1;
}

function stageOf(kind: string): number {
  const at = STAGES.findIndex((kinds) => kinds.includes(kind));
  return at < 0 ? AT_WORK : at;
}
