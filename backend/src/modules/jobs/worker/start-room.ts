import { Injectable } from '@nestjs/common';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';

/** One claim at a time over all workers, so that the count of running jobs stays true while it is used. */
const CLAIM_LOCK = 7_388_120_332;

export interface ClaimLimits {
  /** Free places of this process. */
  readonly free: number;
  /** Jobs that may run at a time over all processes. */
  readonly fleet: number;
}

/** How much may begin at one moment. What is taken is taken off. */
export class StartRoom {
  constructor(
    /** Jobs, wherever they run. */
    public free: number,
    /** By network with a limit, the jobs that may begin there. */
    readonly places: Map<string, number>,
  ) {}

  get limitsNetworks(): boolean {
    return this.places.size > 0;
  }

  take(network: string | null): void {
    this.free -= 1;
    const places = network === null ? undefined : this.places.get(network);
    if (network !== null && places !== undefined) this.places.set(network, places - 1);
  }
}

interface RoomRow {
  readonly running: number;
  readonly places: Readonly<Record<string, number>>;
}

/** Counts what runs, over all workers. */
@Injectable()
export class StartRooms {
  /** Until the end of `tx` no other worker takes jobs, so what is found stays true. */
  async look(tx: Transaction, limits: ClaimLimits): Promise<StartRoom> {
    await queryRows(tx.manager, 'SELECT pg_advisory_xact_lock($1)', [CLAIM_LOCK]);
    const row = await queryOne<RoomRow>(tx.manager, ROOM);
    if (row === null) throw new Error('the database did not tell what runs');
    const free = Math.min(limits.free, limits.fleet - row.running);
    return new StartRoom(free, new Map(Object.entries(row.places)));
  }
}

/** One that waits for somebody to take it over holds no place. */
const ROOM = `
  SELECT (SELECT count(*)::int FROM jobs WHERE status = 'running' AND worker_id IS NOT NULL) AS running,
    (SELECT COALESCE(jsonb_object_agg(n.id, n.concurrency - (
        SELECT count(*) FROM jobs j JOIN machines m ON m.id = j.machine_id
        WHERE j.status = 'running' AND j.worker_id IS NOT NULL AND m.network_id = n.id)), '{}')
      FROM networks n) AS places`;
