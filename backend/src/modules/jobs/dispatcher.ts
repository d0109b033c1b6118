import { Injectable } from '@nestjs/common';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { LiveBus } from '../../kernel/live/live-bus';
import { WorkQueue, type WorkToken } from '../../kernel/queue/work-queue';
import { tokenIdOf, tokenPriorityOf, turnOf } from './turns';

/**
 * Decides which job of a machine runs next. The jobs table is the order; the queue holds a token only for what may
 * start now, one for each machine at most. A job whose machine is busy therefore takes no worker's slot, and it starts
 * as soon as the transaction that frees the machine commits.
 */
@Injectable()
export class Dispatcher {
  constructor(
    private readonly queue: WorkQueue,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Holds these machines' queues until the end of `tx`, in a fixed order. Whoever adds, ends or hands out jobs of a
   * machine does this first: else the end of one job and the arrival of the next could each believe that the other
   * will hand it out.
   */
  async lockMachines(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    if (machineIds.length === 0) return;
    await queryRows(tx.manager, LOCK_MACHINES, [machineIds]);
  }

  /**
   * Hands out the next job of each of these machines that is free. One that was handed out but not taken yet gives way to one whose
   * turn is earlier; its token finds it gone and ends. Their queues must be held (see above).
   */
  async dispatch(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    if (machineIds.length === 0) return;
    const tokens = await queryRows<WorkToken & { jobId: string }>(tx.manager, DISPATCH, [machineIds]);
    await this.queue.put(tx, tokens);
    if (tokens.length > 0) this.bus.changed(tx, { jobIds: tokens.map(({ jobId }) => jobId), work: true });
  }

  /** The same for machines that belong to another network than before: their tokens lie where they do not belong. */
  async dispatchAnew(tx: Transaction, machineIds: readonly string[]): Promise<void> {
    await this.lockMachines(tx, machineIds);
    await affected(tx.manager, TAKE_BACK, [machineIds]);
    await this.dispatch(tx, machineIds);
  }
}

const LOCK_MACHINES = prepared('SELECT id FROM machines WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE');

/** May be handed out as far as it goes by itself. */
const IS_READY = `q.status = 'queued' AND q.phase = 'waiting'
      AND (q.available_at IS NULL OR q.available_at <= database_now())
      AND (q.start_before IS NULL OR q.start_before > database_now())`;

/** What gives way is never what goes instead: that is ready, and its turn is earlier. So no row is written twice. */
const DISPATCH = prepared(`
  WITH gave_way AS (
    UPDATE jobs d SET phase = 'waiting', boss_job_id = NULL
    WHERE d.machine_id = ANY($1::uuid[]) AND d.status = 'queued' AND d.phase = 'dispatched'
      AND EXISTS (SELECT 1 FROM jobs q WHERE q.machine_id = d.machine_id AND ${turnOf('q')} < ${turnOf('d')} AND ${IS_READY})
    RETURNING d.id),
  best AS (
    SELECT DISTINCT ON (q.machine_id) q.id, q.machine_id
    FROM jobs q
    WHERE q.machine_id = ANY($1::uuid[]) AND ${IS_READY}
      AND NOT EXISTS (
        SELECT 1 FROM jobs b
        WHERE b.machine_id = q.machine_id AND b.id NOT IN (SELECT id FROM gave_way)
          AND (b.status = 'running' OR (b.status = 'queued' AND b.phase = 'dispatched')))
      AND NOT EXISTS (SELECT 1 FROM machine_locks l WHERE l.machine_id = q.machine_id AND l.expires_at > database_now())
    ORDER BY q.machine_id, ${turnOf('q')}, q.id)
  UPDATE jobs SET phase = 'dispatched', boss_job_id = ${tokenIdOf('jobs')}
  FROM best JOIN machines m ON m.id = best.machine_id WHERE jobs.id = best.id
  RETURNING jobs.boss_job_id AS id, jobs.id AS "jobId", ${tokenPriorityOf('jobs')} AS priority, m.network_id AS network`);

/** Their tokens find nothing and end. A run that waits for somebody to take it over is offered again by the sweep. */
const TAKE_BACK = `
  UPDATE jobs SET phase = CASE WHEN status = 'queued' THEN 'waiting' ELSE phase END, boss_job_id = NULL
  WHERE machine_id = ANY($1::uuid[]) AND boss_job_id IS NOT NULL
    AND ((status = 'queued' AND phase = 'dispatched') OR (status = 'running' AND phase = 'reconciling'))`;
