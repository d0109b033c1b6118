import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { query, type Database } from './database.mts';
import type { Comparison } from './measure.mts';
import { addMachines, require, source, support, withJobs, withServer, type Jobs, type Room } from './rooms.mts';

const pg = require('pg') as typeof import('pg');

const MACHINES = 500;
/** Of each machine, one after the other: the end of one hands out the next. */
const EACH = 4;
const JOBS = MACHINES * EACH;
/** Jobs at a time, here and there. */
const AT_ONCE = 20;
/** Who asks for work at the same time, and connections to the database, here and there. */
const SENDERS = 10;
const LIMIT_MS = 600_000;

/** So long all jobs took, and the statements that were sent for them. */
interface Done {
  readonly seconds: number;
  readonly statements: number;
}

/**
 * Jobs on machines that answer at once: asked for, queued, taken with the machine's lock, logged, and ended with result,
 * state of the machine and line of its time line; beside the queue alone, which knows nothing of machines, with as many
 * messages, each sent in a transaction, fetched and completed by itself.
 */
export async function compareJobs(): Promise<Comparison[]> {
  return withServer('jobs', (server) =>
    withJobs(server, 'jobs', async (room) => {
      const alone = await queueAlone(room.url);
      const ours = await throughJobs(room);
      const baseline = 'pg-boss alone on the same database: sent in transactions, fetched one by one';
      return [
        {
          measure: `${String(JOBS)} jobs from the request to the stored end, ${String(AT_ONCE)} at once, per second`,
          unit: '',
          product: JOBS / ours.seconds,
          baseline,
          reference: JOBS / alone.seconds,
          aim: { least: 0.25 },
        },
        {
          measure: 'The same: statements per job',
          unit: '',
          product: ours.statements / JOBS,
          baseline,
          reference: alone.statements / JOBS,
        },
      ];
    }),
  );
}

async function throughJobs({ database, jobs }: Room): Promise<Done> {
  const ids = await addMachines(database, MACHINES);
  await query(database, 'ANALYZE');
  keepTimeLine(jobs);
  const { answer, fakeAction } = support('jobs-fakes.ts') as {
    answer: (sections: object) => unknown;
    fakeAction: (more: object) => unknown;
  };
  const action = 'bench_reading';
  jobs.registry.register(fakeAction({ name: action, outcome: () => ({ status: 'ok' }) }));
  jobs.remote.otherwise(() => answer({ look: 'fine' }));
  let statements = 0;
  jobs.dataSource.logger.logQuery = () => void (statements += 1);
  const begun = performance.now();
  jobs.work({ concurrency: AT_ONCE, fleetConcurrency: AT_ONCE, sweepEveryMs: 10_000 });
  await inLanes(SENDERS, JOBS, async (n) => {
    const parameters = { number: Math.floor(n / MACHINES) };
    await jobs.enqueue(ids[n % MACHINES] ?? '', { action, parameters });
  });
  await allEnded(database, begun);
  return { seconds: (performance.now() - begun) / 1000, statements };
}

/** As the running product does, which tests of this room leave to a record of their own. */
function keepTimeLine({ contracts, dataSource, clock, events }: Jobs): void {
  const { JOB_EVENTS } = source('modules/jobs/contracts/job-events.ts') as { JOB_EVENTS: readonly unknown[] };
  const { HistoryRepository } = source('modules/history/history.repository.ts') as {
    HistoryRepository: new (...parts: readonly unknown[]) => object;
  };
  const { EventLog } = source('modules/history/event-log.ts') as {
    EventLog: new (...parts: readonly unknown[]) => { record(event: object, tx: object): Promise<void> };
  };
  contracts.register(...JOB_EVENTS);
  const log = new EventLog(new HistoryRepository(dataSource, contracts), clock, contracts);
  const others = events.handler;
  events.handler = async (event, tx) => {
    await log.record(event, tx);
    await others?.(event, tx);
  };
}

/** Waits by a connection that counts for neither side. */
async function allEnded(database: Database, begun: number): Promise<void> {
  for (;;) {
    const rows = await query<{ status: string; n: number }>(
      database,
      'SELECT status, count(*)::integer AS n FROM jobs GROUP BY status',
    );
    const ended = rows.find(({ status }) => status === 'ok')?.n ?? 0;
    const wrong = rows.find(({ status }) => !['queued', 'running', 'ok'].includes(status));
    if (wrong !== undefined) throw new Error(`${String(wrong.n)} jobs ended as ${wrong.status}.`);
    if (ended === JOBS) return;
    if (performance.now() - begun > LIMIT_MS) throw new Error(`Only ${String(ended)} of ${String(JOBS)} jobs ended.`);
    await delay(20);
  }
}

/** The queue as its makers mean it for single jobs; who waits for work asks again at once. */
async function queueAlone(url: string): Promise<Done> {
  const { PgBoss } = require('pg-boss') as typeof import('pg-boss');
  const pool = new pg.Pool({ connectionString: url, max: SENDERS });
  let statements = 0;
  const executeSql = async (text: string, values?: unknown[]): Promise<{ rows: unknown[] }> => {
    statements += 1;
    return pool.query(text, values);
  };
  const boss = new PgBoss({ db: { executeSql }, schema: 'bench', supervise: false, schedule: false });
  try {
    await boss.start();
    await boss.createQueue('bench');
    statements = 0;
    const begun = performance.now();
    let done = 0;
    const sending = inLanes(SENDERS, JOBS, async (n) => {
      const client = await pool.connect();
      const send = async (text: string, values?: unknown[]): Promise<{ rows: unknown[] }> => {
        statements += 1;
        return client.query(text, values);
      };
      try {
        await send('BEGIN');
        await boss.send('bench', { jobId: String(n) }, { db: { executeSql: send } });
        await send('COMMIT');
      } finally {
        client.release();
      }
    });
    const working = Array.from({ length: AT_ONCE }, async () => {
      while (done < JOBS) {
        const [message] = await boss.fetch('bench', { batchSize: 1 });
        if (message === undefined) {
          await delay(2);
          continue;
        }
        await boss.complete('bench', message.id);
        done += 1;
      }
    });
    await Promise.all([sending, ...working]);
    return { seconds: (performance.now() - begun) / 1000, statements };
  } finally {
    await boss.stop({ graceful: false });
    await pool.end();
  }
}

async function inLanes(lanes: number, count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
