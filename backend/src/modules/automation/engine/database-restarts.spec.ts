import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { PacedClock } from '../../../../test/support/automation-load-child';
import { AutomationProcess } from '../../../../test/support/automation-process';
import { fakeAction, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { forkTypeScript } from '../../../../test/support/typescript-process';
import { startPostgres, type RunningPostgres } from '../../../../../tools/postgres/embedded.cjs';
import { systemActor } from '../../../kernel/auth/actor';
import { queryRows } from '../../../kernel/database/rows';
import { databaseIsAway } from '../../jobs/worker/failures';

const RESTARTS = 20;
const MACHINES = 6;
/** Minutes of the schedule within a second. */
const PACE = 60;

let folder: string;
let server: RunningPostgres;
let database: TestDatabase;
let p: JobsProcess;
const children: ChildProcess[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  folder = await mkdtemp(join(tmpdir(), 'automation-restarts-'));
  server = await startServer();
  database = await createTestDatabase({ adminUrl: server.url });
  await commitsAreDurable();
  p = await JobsProcess.open(database.url, [fakeAction()]);
}, 120_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await p.close();
  await database.drop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function startServer(port?: number): Promise<RunningPostgres> {
  const options = { dataDir: join(folder, 'data'), durable: false, logFile: join(folder, 'log') };
  return startPostgres(port === undefined ? options : { ...options, port });
}

/** What was committed must be there after a server that was not shut down; said before anybody connects who commits. */
async function commitsAreDurable(): Promise<void> {
  const client = new Client(server.url);
  await client.connect();
  await client.query(`ALTER DATABASE "${database.name}" SET synchronous_commit = on`);
  await client.end();
}

/** `immediate`: the server ends as it stands, and recovers from its log when it begins again. */
async function restart(how: 'fast' | 'immediate'): Promise<void> {
  const { port, pid } = server;
  if (how === 'immediate') process.kill(pid, 'SIGQUIT');
  await server.stop();
  server = await startServer(port);
}

async function startChild(from: Date): Promise<void> {
  const file = join(__dirname, '../../../../test/support/automation-load-child.ts');
  const child = forkTypeScript(file, [database.url, from.toISOString(), String(PACE)]);
  children.push(child);
  let ready = false;
  child.on('message', (message: { ready?: boolean }) => (ready ||= message.ready === true));
  await until('the process works', () => ready, 60_000);
}

/** Asks for readings, one after the other; what the database does not take is refused, and counts for nothing. */
async function load(machines: readonly string[], over: { value: boolean }): Promise<string[]> {
  const accepted: string[] = [];
  for (let number = 0; !over.value; number += 1) {
    const request = { machineId: machines[number % MACHINES] ?? '', action: READING, parameters: { number } };
    try {
      accepted.push((await p.service.enqueue({ ...request, requestedBy: systemActor })).job.id);
    } catch (error) {
      if (!databaseIsAway(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return accepted;
}

/** Asks again while the database is away. */
async function steadily<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!databaseIsAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

it('loses nothing, doubles nothing and accounts for every due time over twenty restarts of the database under load', async () => {
  const from = new Date();
  const clock = new PacedClock(from, PACE);
  const a = new AutomationProcess(p, clock);
  const machines: string[] = [];
  for (let n = 0; n < MACHINES; n += 1) machines.push(await p.machine(`m${String(n)}`));
  const times = { timezone: 'UTC', graceSeconds: 3600 };
  const id = await a.schedule(machines.slice(0, 3), { cron: '*/3 * * * *', ...times });
  await startChild(from);
  await startChild(from);
  const over = { value: false };
  const loading = load(machines, over);
  const rows = <T extends object>(sql: string): Promise<T[]> => steadily(() => queryRows<T>(p.dataSource, sql, [id]));
  for (let n = 1; n <= RESTARTS; n += 1) {
    const before = (await rows(OCCURRENCES)).length;
    await until('a due time has come', async () => (await rows(OCCURRENCES)).length > before, 60_000);
    await restart(n % 2 === 0 ? 'fast' : 'immediate');
  }
  // No further due times; turned off, what has come due would be cancelled.
  await steadily(() => a.change(id, machines.slice(0, 3), { cron: '0 0 1 1 *', ...times }));
  over.value = true;
  const accepted = await loading;
  const open = `SELECT id FROM schedule_occurrences WHERE schedule_id = $1 AND finished_at IS NULL`;
  const unfinished = async (): Promise<number> =>
    (await rows(open)).length + (await steadily(() => p.count('jobs', `status IN ('queued', 'running')`)));
  await until('all has ended', async () => (await unfinished()) === 0, 90_000);

  const occurrences = await rows<Occurrence>(OCCURRENCES);
  // Each due time once, none left out.
  const first = occurrences[0]?.due ?? 0;
  expect(occurrences.map(({ due }) => due)).toEqual(occurrences.map((_one, n) => first + n * 180));
  // What did not get its turn before the next due time says so.
  const unaccounted = occurrences.filter(({ status, errorKind, ok, missed }) =>
    status === 'cancelled' ? errorKind !== 'missed' : ok === 0 || ok + missed !== 3,
  );
  expect(unaccounted).toEqual([]);
  expect(occurrences.filter(({ status }) => status === 'ok').length).toBeGreaterThan(RESTARTS);
  const jobs = await queryRows<{ id: string; status: string; snapshots: number; lines: number }>(p.dataSource, JOBS);
  // Begun ones have their result, once; those that were taken back from the queue have none.
  const results = (status: string): number => (status === 'cancelled' ? 0 : 1);
  expect(jobs.filter(({ status }) => !['ok', 'cancelled'].includes(status))).toEqual([]);
  expect(jobs.filter(({ status, snapshots }) => snapshots !== results(status))).toEqual([]);
  expect(jobs.filter(({ status, lines }) => lines !== results(status))).toEqual([]);
  expect(jobs.filter(({ id, status }) => status !== 'ok' && accepted.includes(id))).toEqual([]);
  const known = new Set(jobs.map((job) => job.id));
  expect(accepted.filter((one) => !known.has(one))).toEqual([]);
  expect(await p.count('machine_locks')).toBe(0);
}, 300_000);

interface Occurrence {
  readonly due: number;
  readonly status: string;
  readonly errorKind: string | null;
  readonly ok: number;
  readonly missed: number;
}

const OCCURRENCES = `
  SELECT extract(epoch FROM o.due_at)::integer AS due, o.status, o.error_kind AS "errorKind",
    (SELECT count(*)::integer FROM schedule_occurrence_targets t WHERE t.occurrence_id = o.id AND t.status = 'ok') AS ok,
    (SELECT count(*)::integer FROM schedule_occurrence_targets t WHERE t.occurrence_id = o.id AND t.error_kind = 'missed') AS missed
  FROM schedule_occurrences o WHERE o.schedule_id = $1 ORDER BY o.due_at`;

const JOBS = `
  SELECT j.id, j.status, (SELECT count(*)::integer FROM snapshots s WHERE s.source_job_id = j.id) AS snapshots,
    (SELECT count(*)::integer FROM job_log_chunks c WHERE c.job_id = j.id AND c.stream = 'out') AS lines
  FROM jobs j`;
