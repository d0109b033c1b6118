import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { startPostgres, type RunningPostgres } from '../../../../../tools/postgres/embedded.cjs';
import { systemActor } from '../../../kernel/auth/actor';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import { databaseIsAway } from './failures';

const RESTARTS = 3;
const MACHINES = 12;

let folder: string;
let server: RunningPostgres;
let database: TestDatabase;
const opened: JobsProcess[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'jobs-restart-'));
  server = await startServer();
  database = await createTestDatabase({ adminUrl: server.url });
});

afterEach(async () => {
  for (const process of opened.splice(0)) await process.close();
});

afterAll(async () => {
  await database.drop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function startServer(port?: number): Promise<RunningPostgres> {
  const options = { dataDir: join(folder, 'data'), durable: false, logFile: join(folder, 'log') };
  return startPostgres(port === undefined ? options : { ...options, port });
}

async function restart(): Promise<void> {
  const { port } = server;
  await server.stop();
  server = await startServer(port);
}

async function open(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction()]);
  opened.push(process);
  process.remote.otherwise(async (run) => {
    run.onSection({ name: 'look', phase: 'begin' });
    for (let n = 1; n <= 20; n += 1) {
      run.onOutput({ section: 'look', stream: 'stdout', text: `line ${String(n)}\n` });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return answer({ look: 'seen' });
  });
  process.work({ renewEveryMs: 500 });
  return process;
}

it('loses nothing and doubles nothing when the database restarts under load', async () => {
  const p = await open();
  await open();
  const machines: string[] = [];
  for (let n = 0; n < MACHINES; n += 1) machines.push(await p.machine());
  const accepted: string[] = [];
  const over = { value: false };
  const load = (async () => {
    for (let number = 0; !over.value; number += 1) {
      const machineId = machines[number % MACHINES] ?? '';
      try {
        const request = { machineId, action: READING, parameters: { number }, requestedBy: systemActor };
        accepted.push((await p.service.enqueue(request)).job.id);
      } catch (error) {
        // Refused, and said so: what the API answers as 503.
        if (!databaseIsAway(error)) throw error;
        await until(
          'the database answers',
          () =>
            queryOne(p.dataSource, 'SELECT 1').then(
              () => true,
              () => false,
            ),
          30_000,
        );
      }
    }
  })();
  for (let n = 1; n <= RESTARTS; n += 1) {
    await until('there is load', () => accepted.length > n * 30, 30_000);
    await restart();
  }
  await until('there is load after the last restart', () => accepted.length > (RESTARTS + 1) * 30, 30_000);
  over.value = true;
  await load;
  const unfinished = `SELECT count(*)::int AS n FROM jobs WHERE status IN ('queued', 'running')`;
  await until('all jobs end', async () => (await queryOne<{ n: number }>(p.dataSource, unfinished))?.n === 0, 60_000);
  const jobs = await queryRows<{ id: string; status: string; snapshots: number; lines: number; last_seq: number }>(
    p.dataSource,
    `SELECT j.id, j.status, j.last_seq::int,
       (SELECT count(*)::int FROM snapshots s WHERE s.source_job_id = j.id) AS snapshots,
       (SELECT sum(array_length(string_to_array(c.text, E'\\n'), 1))::int FROM job_log_chunks c WHERE c.job_id = j.id AND c.stream = 'out') AS lines
     FROM jobs j`,
  );
  expect(jobs.filter(({ status, snapshots }) => status !== 'ok' || snapshots !== 1)).toEqual([]);
  expect(jobs.filter(({ lines }) => lines !== 20)).toEqual([]);
  const known = new Set(jobs.map(({ id }) => id));
  expect(accepted.filter((id) => !known.has(id))).toEqual([]);
  expect(await queryRows(p.dataSource, 'SELECT 1 FROM machine_locks')).toEqual([]);
}, 180_000);

it('keeps a result for a database that is away, and stores it when that is back', async () => {
  const process = await JobsProcess.open(database.url, [fakeAction()]);
  opened.push(process);
  const machineId = await process.machine();
  const [begun, held] = [gate(), gate()];
  process.remote.otherwise(async () => {
    begun.open();
    await held.opened;
    return answer({ look: 'while it was away' });
  });
  process.work({ renewEveryMs: 500 });
  const { job } = await process.service.enqueue({ machineId, action: READING, requestedBy: systemActor });
  await begun.opened;
  const { port } = server;
  await server.stop();
  held.open();
  await until('the database is missed', () =>
    queryOne(process.dataSource, 'SELECT 1').then(
      () => false,
      () => true,
    ),
  );
  server = await startServer(port);
  const done = () =>
    process.reader.find(job.id).then(
      (found) => found?.status === 'ok',
      () => false,
    );
  await until('the result is stored', done, 30_000);
  expect(await process.reader.find(job.id)).toMatchObject({ status: 'ok', attempt: 1 });
}, 90_000);
