/** What keeps a job from beginning, in the order in which it is asked. */
export const WAITING_REASONS = ['window', 'retry', 'machine', 'worker', 'network', 'places', 'rate'] as const;
export type WaitingReason = (typeof WAITING_REASONS)[number];

/** The job that is in the way: at work on the machine, or handed out before. */
export interface JobInTheWay {
  readonly id: string;
  readonly kind: string;
  /** Null while it has not begun itself. */
  readonly startedAt: Date | null;
  readonly requestedBy: string;
  /** Null while it has not begun. */
  readonly lockKind: string | null;
}

/** What a waiting job meets on its machine. */
export interface Standing {
  /** 1: no other that waits for the machine goes before it. */
  readonly position: number;
  readonly before: JobInTheWay | null;
  readonly networkId: string | null;
}

/** What all waiting jobs meet. Limits are null until a worker has told them. */
export interface FleetStanding {
  readonly now: Date;
  readonly running: number;
  readonly concurrency: number | null;
  readonly startRate: number | null;
  /** The rate of starts lets nothing begin at this moment. */
  readonly paced: boolean;
  /** No worker has looked for work for a minute. */
  readonly unlooked: boolean;
  readonly networks: ReadonlyMap<string, { readonly name: string; readonly limit: number; readonly running: number }>;
}

export interface WaitingOn {
  readonly reason: WaitingReason;
  readonly before: JobInTheWay | null;
  readonly position: number;
  readonly network: string | null;
  /** Of what `reason` speaks of; null where nobody has said one. */
  readonly limit: number | null;
  readonly running: number | null;
  readonly until: Date | null;
}

interface WaitingJob {
  readonly availableAt: Date | null;
  readonly windowName: string | null;
}

/** Why a queued job has not begun: the first thing that would still keep it if all after it were away. Pure. */
export function waitingOn(job: WaitingJob, standing: Standing, fleet: FleetStanding): WaitingOn {
  const { position, before, networkId } = standing;
  const told = { before: null, position, network: null, limit: null, running: null, until: null };
  const { availableAt } = job;
  if (availableAt !== null && availableAt > fleet.now) {
    return { ...told, reason: job.windowName === null ? 'retry' : 'window', until: availableAt };
  }
  if (before !== null) return { ...told, reason: 'machine', before };
  if (fleet.unlooked) return { ...told, reason: 'worker' };
  const network = networkId === null ? undefined : fleet.networks.get(networkId);
  if (network !== undefined && network.running >= network.limit) {
    const { name, limit, running } = network;
    return { ...told, reason: 'network', network: name, limit, running };
  }
  const { running, concurrency, startRate } = fleet;
  if (fleet.paced && (concurrency === null || running < concurrency)) {
    return { ...told, reason: 'rate', limit: startRate };
  }
  return { ...told, reason: 'places', limit: concurrency, running };
}
