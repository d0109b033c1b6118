import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared } from '../../../kernel/database/prepared';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';

/** One claim at a time over all workers, so that the count of running jobs stays true while it is used. */
const CLAIM_LOCK = 7_388_120_332;

export interface ClaimLimits {
  /** Free places of this process. */
  readonly free: number;
  /** Jobs that may run at a time over all processes. */
  readonly fleet: number;
  /** Jobs that may begin within a second, over all processes; without a limit when absent. */
  readonly startRate?: number;
  /** Told when that rate, or whoever held its machine, kept something from beginning now: milliseconds until it may. */
  readonly onCut?: (nextMs: number) => void;
}

/** After a quiet time so much may begin at once. */
const BURST_SECONDS = 1;
/** Rounding of seconds must not cost a start. */
const EPSILON = 1e-6;

/** How much may begin at one moment. What is taken is taken off. */
export class StartRoom {
  constructor(
    /** Jobs, wherever they run. */
    public free: number,
    /** By network with a limit, the jobs that may begin there. */
    readonly places: Map<string, number>,
    private readonly rate: StartRate | null = null,
  ) {}

  /** Milliseconds until the next may begin, where the rate is what keeps it; else null. */
  get cutForMs(): number | null {
    return this.free > 0 || this.rate === null ? null : this.rate.nextMs();
  }

  get limitsNetworks(): boolean {
    return this.places.size > 0;
  }

  take(network: string | null): void {
    this.free -= 1;
    this.rate?.take();
    const places = network === null ? undefined : this.places.get(network);
    if (network !== null && places !== undefined) this.places.set(network, places - 1);
  }
}

/**
 * Starts are paid for in time: each moves a mark on by the pause between two, and the mark may lie ahead of the clock by the
 * burst at most. What was not used is so forgotten after that time.
 */
export class StartRate {
  private taken = 0;
  readonly allowed: number;

  constructor(
    private readonly perSecond: number,
    /** So far the mark lies ahead of the clock. */
    private readonly aheadSeconds: number,
    private readonly wanted: number,
  ) {
    this.allowed = Math.max(0, Math.floor((BURST_SECONDS - aheadSeconds) * perSecond + EPSILON));
  }

  take(): void {
    this.taken += 1;
  }

  /** Null when it kept nobody from beginning. */
  nextMs(): number | null {
    if (this.allowed >= this.wanted || this.taken < this.allowed) return null;
    const seconds = this.aheadSeconds + (this.taken + 1) / this.perSecond - BURST_SECONDS;
    return Math.max(0, Math.ceil(seconds * 1000));
  }
}

interface RoomRow {
  readonly running: number;
  readonly ahead: number;
  readonly places: Readonly<Record<string, number>>;
}

/** Counts what runs and what has begun, over all workers. */
@Injectable()
export class StartRooms {
  constructor(private readonly dataSource: DataSource) {}

  /** Leaves word that a worker looks for work, and what limits it goes by. */
  async told({ fleet, startRate }: Pick<ClaimLimits, 'fleet' | 'startRate'>): Promise<void> {
    await affected(this.dataSource, TOLD, [fleet, startRate ?? null]);
  }

  /** Until the end of `tx` no other worker takes jobs, so what is found stays true. */
  async look(tx: Transaction, limits: ClaimLimits): Promise<StartRoom> {
    await queryRows(tx.manager, ALONE, [CLAIM_LOCK]);
    const row = await queryOne<RoomRow>(tx.manager, ROOM);
    if (row === null) throw new Error('the database did not tell what runs');
    const free = Math.max(0, Math.min(limits.free, limits.fleet - row.running));
    const rate = limits.startRate === undefined ? null : new StartRate(limits.startRate, row.ahead, free);
    return new StartRoom(Math.min(free, rate?.allowed ?? free), new Map(Object.entries(row.places)), rate);
  }
}

/**
 * From where the next start pays. A mark further ahead than starts can bring it was left by a clock that has been put back
 * since: nobody waits for that clock to catch up.
 */
export const PAID_FROM = `
  CASE WHEN paid_until > database_now() + make_interval(secs => ${String(2 * BURST_SECONDS)}) THEN database_now()
    ELSE GREATEST(paid_until, database_now()) END`;

const ALONE = prepared('SELECT pg_advisory_xact_lock($1)');

/** One that waits for somebody to take it over holds no place. */
const ROOM = prepared(`
  SELECT (SELECT count(*)::int FROM jobs WHERE status = 'running' AND worker_id IS NOT NULL) AS running,
    (SELECT GREATEST(0, extract(epoch FROM ${PAID_FROM} - database_now()))::float8 FROM work_pace) AS ahead,
    (SELECT COALESCE(jsonb_object_agg(n.id, n.concurrency - (
        SELECT count(*) FROM jobs j JOIN machines m ON m.id = j.machine_id
        WHERE j.status = 'running' AND j.worker_id IS NOT NULL AND m.network_id = n.id)), '{}')
      FROM networks n) AS places`);

const TOLD = 'UPDATE work_pace SET looked_at = database_now(), fleet_concurrency = $1, start_rate = $2';
