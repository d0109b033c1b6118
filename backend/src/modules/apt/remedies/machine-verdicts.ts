import { sshErrorKinds } from '../../../kernel/ssh/ssh-error';
import type { EndedJob } from '../../jobs/jobs.reader';
import { isAptErrorKind } from '../contracts/apt-error-kinds';
import { isRestartErrorKind, type MachineErrorKind } from '../contracts/machine-error-kinds';
import type { ErrorStanding, VerifyingAction } from './verification';

/** How far a connection had come when it failed: what failed further on proves that all before it works. */
const STAGES: readonly (readonly string[])[] = [
  ['dns', 'unreachable', 'connect_timeout', 'banner_timeout', 'handshake_timeout', 'penalised'],
  [
    'auth_timeout',
    'host_key_unknown',
    'host_key_changed',
    'key_exchange_unsupported',
    'auth_failed',
    'password_expired',
    'key_invalid',
  ],
  ['channel_refused', 'shell_unavailable', 'sudo_password', 'sudo_policy', 'sudo_tty', 'sudo_missing'],
];
const SIGNED_IN = 2;
const AT_WORK = STAGES.length;

/** What a run met only by what it did itself: nothing but the same action tells whether it is gone. */
const OF_THE_RUN: ReadonlySet<string> = new Set(['timeout_progress', 'timeout_total', 'output_limit']);

/** Which action tells of such an error, where nobody has worked on the machine since. */
export function machineVerifierOf(kind: MachineErrorKind): VerifyingAction {
  return isRestartErrorKind(kind) ? 'reboot' : 'machine_probe';
}

/**
 * Whether an error of connecting or restarting is gone. Pure.
 * @param by name of the action that met it
 * @param later jobs of the machine that have ended since, newest first
 * @param seenAt when somebody was last signed in there; null: never, or not since
 */
export function machineStanding(
  kind: MachineErrorKind,
  by: string,
  later: readonly EndedJob[],
  seenAt: Date | null,
): ErrorStanding {
  const verifiedBy = machineVerifierOf(kind);
  const telling = later.flatMap((job) => {
    const verdict = verdictOf(kind, by, job);
    return verdict === null ? [] : [{ verdict, at: job.finishedAt }];
  });
  const [newest] = telling;
  const seen = stageOf(kind) < SIGNED_IN && seenAt !== null && (newest === undefined || seenAt > newest.at);
  if (seen) return { kind, verdict: 'gone', verifiedBy, lookedAt: seenAt };
  return newest === undefined
    ? { kind, verdict: 'not_looked', verifiedBy, lookedAt: null }
    : { kind, verdict: newest.verdict, verifiedBy, lookedAt: newest.at };
}

/** What one job says; null: nothing. */
function verdictOf(kind: MachineErrorKind, by: string, job: EndedJob): 'gone' | 'there' | null {
  if (job.status === 'error' && job.errorKind === kind) return 'there';
  if (isRestartErrorKind(kind)) return job.kind === 'reboot' && job.status !== 'error' ? 'gone' : null;
  if (OF_THE_RUN.has(kind)) return job.kind === by && job.status !== 'error' ? 'gone' : null;
  return reached(job) > stageOf(kind) ? 'gone' : null;
}

/** These end a run from here, at whatever it was: they prove nothing. */
const FROM_HERE: ReadonlySet<string> = new Set(['cancelled', 'timeout_total']);

/** How far it came on the machine; -1: not known, as of what failed before it began. */
function reached({ status, errorKind }: EndedJob): number {
  if (status !== 'error') return AT_WORK + 1;
  if (errorKind === null || FROM_HERE.has(errorKind)) return -1;
  if (isAptErrorKind(errorKind) || isRestartErrorKind(errorKind)) return AT_WORK + 1;
  return (sshErrorKinds as readonly string[]).includes(errorKind) ? stageOf(errorKind) : -1;
}

function stageOf(kind: string): number {
  const at = STAGES.findIndex((kinds) => kinds.includes(kind));
  return at < 0 ? AT_WORK : at;
}
