import { Logger } from '@nestjs/common';
import { PgBoss, type FetchOptions } from 'pg-boss';
import type { EntityManager } from 'typeorm';
import { bossAdapter } from '../database/boss-adapter';
import { QUEUE_SCHEMA } from '../database/database-check';
import { affected, queryRows } from '../database/rows';
import type { Transaction } from '../database/transaction';

/** Says that a job may run now. It carries the id and nothing else: rows are the truth. */
export interface WorkToken {
  readonly id: string;
  readonly jobId: string;
  /** Higher first. */
  readonly priority: number;
  /** The network that its work goes to; absent or null: none that is limited. */
  readonly network?: string | null;
}

/** A token that is in somebody's hands. */
export type TakenToken = Pick<WorkToken, 'id' | 'jobId'>;

/** Of each limited network, how many tokens more may be taken. */
export type NetworkPlaces = ReadonlyMap<string, number>;

export interface WorkQueueSettings {
  readonly url: string;
  /** Removes old tokens; on in processes that run jobs. */
  readonly supervise: boolean;
}

const QUEUE = 'machine-jobs';
/** Of tokens whose network has no limit any more. */
const UNLIMITED = 1_000_000;

/**
 * What pg-boss's defaults would do to a token (two retries, fifteen minutes) is decided here for each option.
 * A token is fetched and completed in the one transaction that claims its job, so it is never left active: there is
 * nothing to retry, to expire or to beat for. How long a job runs, and who runs it, is the business of its row.
 */
const queueOptions = {
  retryLimit: 0,
  retryDelay: 0,
  retryBackoff: false,
  expireInSeconds: 60,
  // A token that waits longer than this is made again from its job's row.
  retentionSeconds: 14 * 86_400,
  deleteAfterSeconds: 3_600,
  // Our own notifications wake the workers, after the commit and for many tokens at once.
  notify: false,
};

/** The queue in front of the workers: pg-boss, carrying one token for each machine's next job. */
export class WorkQueue {
  private readonly logger = new Logger(WorkQueue.name);
  private readonly boss: PgBoss;

  constructor(settings: WorkQueueSettings) {
    this.boss = new PgBoss({
      connectionString: settings.url,
      application_name: 'system_update queue',
      schema: QUEUE_SCHEMA,
      max: 2,
      migrate: false,
      createSchema: false,
      supervise: settings.supervise,
      schedule: false,
      registerInstance: false,
      persistWarnings: false,
      openTelemetry: { enabled: false },
    });
    // An 'error' event without a listener ends the process, and a restarting database emits them.
    this.boss.on('error', (error) => {
      // Not the error itself: the pool hangs its whole connection on it.
      this.logger.warn({ reason: error.message }, 'The queue reported an error.');
    });
    this.boss.on('warning', (warning) => {
      this.logger.warn({ warning }, 'The queue reported a warning.');
    });
  }

  async start(): Promise<void> {
    await this.boss.start({ attempts: 5 });
    await this.boss.createQueue(QUEUE, { policy: 'standard', ...queueOptions });
    // A queue made by an earlier version keeps its options otherwise.
    await this.boss.updateQueue(QUEUE, queueOptions);
  }

  async stop(): Promise<void> {
    await this.boss.stop({ graceful: false, close: true });
  }

  /** Adds tokens within `tx`: they exist if and only if it commits. */
  async put(tx: Transaction, tokens: readonly WorkToken[]): Promise<void> {
    if (tokens.length === 0) return;
    const jobs = tokens.map(({ id, jobId, priority, network }) => ({
      id,
      data: { jobId },
      priority,
      ...(network == null ? {} : { group: { id: network, tier: network } }),
    }));
    await this.boss.insert(QUEUE, jobs, { db: bossAdapter(tx.manager) });
  }

  /**
   * Takes the first tokens, at most `limit` and of each network no more than it has places, within `tx`: after a rollback
   * they lie in the queue as before. What lies behind tokens of a network that is full by now is found by the next call.
   */
  async take(tx: Transaction, limit: number, places: NetworkPlaces = new Map()): Promise<TakenToken[]> {
    const db = bossAdapter(tx.manager);
    const tokens = await this.boss.fetch<{ jobId: string }>(QUEUE, { batchSize: limit, db, ...limitsOf(places) });
    if (tokens.length === 0) return [];
    await this.boss.complete(
      QUEUE,
      tokens.map(({ id }) => id),
      null,
      { db },
    );
    return tokens.map(({ id, data }) => ({ id, jobId: data.jobId }));
  }

  /**
   * Leaves tokens in the queue that were taken within this `tx`, each at its place: as after a rollback. Only once nothing more is
   * taken: else they come again.
   */
  async leave(tx: Transaction, tokens: readonly TakenToken[]): Promise<void> {
    if (tokens.length === 0) return;
    const values = [QUEUE, tokens.map(({ id }) => id)];
    if ((await affected(tx.manager, LEAVE, values)) !== tokens.length) throw new Error('a token was not taken here');
  }

  /** Which of these tokens still wait in the queue. */
  async waiting(manager: EntityManager, tokenIds: readonly string[]): Promise<Set<string>> {
    if (tokenIds.length === 0) return new Set();
    const rows = await queryRows<{ id: string }>(
      manager,
      `SELECT id FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state IN ('created', 'retry')`,
      [QUEUE, tokenIds],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

/** Without a beginning a token counts as never fetched. */
const LEAVE = `
  UPDATE ${QUEUE_SCHEMA}.job SET state = 'created', started_on = NULL, completed_on = NULL, output = NULL
  WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'completed'`;

/**
 * A token is never left active, so what pg-boss counts as active in a group is nothing: its limits are the places that are
 * free at this moment. They hold within one fetch, whose tokens go by their ids where they are too many.
 */
function limitsOf(places: NetworkPlaces): Pick<FetchOptions, 'ignoreGroups' | 'groupConcurrency'> {
  if (places.size === 0) return {};
  const full = [...places].filter(([, free]) => free <= 0).map(([network]) => network);
  const open = [...places].filter(([, free]) => free > 0);
  return {
    ...(full.length === 0 ? {} : { ignoreGroups: full }),
    ...(open.length === 0 ? {} : { groupConcurrency: { default: UNLIMITED, tiers: Object.fromEntries(open) } }),
  };
}
