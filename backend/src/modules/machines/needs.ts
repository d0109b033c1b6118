import type { AptStatus, MachineStateStatus, MachineStatus } from './entities/machines.values';

/** What a machine needs of its people, in the order of precedence: the first that holds is shown. */
export const NEED_STATES = [
  'quarantined',
  'failed',
  'unreachable',
  'running',
  'security',
  'reboot',
  'updates',
  'unknown',
  'stale',
  'clean',
] as const;
export type NeedState = (typeof NEED_STATES)[number];

/** What the need is computed from; null = not measured. */
export interface NeedFacts {
  readonly machineStatus: MachineStatus;
  /** Of all errors that nothing has settled yet. */
  readonly errorKinds: readonly string[];
  readonly runningJobId: string | null;
  readonly aptStatus: AptStatus;
  readonly aptUpdatesCount: number | null;
  readonly aptSecurityUpdatesCount: number | null;
  readonly aptRebootRequired: boolean | null;
  readonly aptStale: boolean;
}

/** Errors of connecting that say "nobody answers": the machine is unreachable, nothing on it failed. */
export const UNREACHABLE_KINDS: ReadonlySet<string> = new Set([
  'dns',
  'unreachable',
  'connect_timeout',
  'banner_timeout',
  'handshake_timeout',
  'penalised',
]);

/** Errors that wait for a decision about a host key; the machine itself is not known to have failed. */
const HOST_KEY_KINDS: ReadonlySet<string> = new Set(['host_key_unknown', 'host_key_changed']);

/**
 * The need of a machine. Pure; nothing that was not measured is ever `clean`. The status of apt speaks beside the counts:
 * a security update that is left back, and a plan that only downgrades, are in no count of updates.
 */
export function needOf(facts: NeedFacts): NeedState {
  if (facts.machineStatus === 'quarantined') return 'quarantined';
  if (hasFailed(facts)) return 'failed';
  if (facts.machineStatus === 'unreachable') return 'unreachable';
  if (facts.runningJobId !== null) return 'running';
  if ((facts.aptSecurityUpdatesCount ?? 0) > 0 || facts.aptStatus === 'security_updates') return 'security';
  if (facts.aptRebootRequired === true) return 'reboot';
  if ((facts.aptUpdatesCount ?? 0) > 0 || facts.aptStatus === 'updates') return 'updates';
  if (isUnmeasured(facts)) return 'unknown';
  return facts.aptStale || facts.aptStatus === 'stale' ? 'stale' : 'clean';
}

/** What shows again when the running job ends. */
export function underlyingNeedOf(facts: NeedFacts): NeedState {
  return needOf({ ...facts, runningJobId: null });
}

/** Place in the precedence, 0 to 9; what `machine_state.needs_rank` holds. */
export function rankOf(need: NeedState): number {
  return NEED_STATES.indexOf(need);
}

/** The need of a stored rank; an unknown number counts as unknown. */
export function needOfRank(rank: number): NeedState {
  return NEED_STATES[rank] ?? 'unknown';
}

const stateStatuses: Readonly<Record<NeedState, MachineStateStatus>> = {
  quarantined: 'quarantined',
  failed: 'error',
  unreachable: 'unreachable',
  running: 'unknown',
  security: 'warning',
  reboot: 'warning',
  updates: 'warning',
  unknown: 'unknown',
  stale: 'warning',
  clean: 'ok',
};

/** `machine_state.status`, the coarse word for the underlying need. */
export function stateStatusOf(underlying: NeedState): MachineStateStatus {
  return stateStatuses[underlying];
}

function hasFailed(facts: NeedFacts): boolean {
  const counts = facts.errorKinds.some((kind) => !HOST_KEY_KINDS.has(kind) && !UNREACHABLE_KINDS.has(kind));
  return counts || facts.aptStatus === 'error';
}

function isUnmeasured(facts: NeedFacts): boolean {
  return (
    facts.aptStatus === 'unknown' ||
    facts.aptUpdatesCount === null ||
    facts.aptSecurityUpdatesCount === null ||
    facts.aptRebootRequired === null
  );
}
