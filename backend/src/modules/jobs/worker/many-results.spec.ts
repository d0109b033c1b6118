import { Logger, type LoggerService } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { queryOne, queryRows } from '../../../kernel/database/rows';

const RUNS = 200;
const PROCESSES = 4;

/** What the product complained of meanwhile: a statement that was tried again would be among it. */
class Complaints implements LoggerService {
  readonly lines: unknown[] = [];
  log(): void {
    // Of interest is only what went wrong.
  }
  warn(...words: unknown[]): void {
    this.lines.push(words);
  }
  error(...words: unknown[]): void {
    this.lines.push(words);
  }
  fatal(...words: unknown[]): void {
    this.lines.push(words);
  }
}

/** Only the machines are fakes: workers, queue, locks and transactions are those of four processes on one PostgreSQL. */
describe(`${String(RUNS)} changes that end at the same moment`, () => {
  let database: TestDatabase;
  const machines = new FakeMachines();
  const processes: JobsProcess[] = [];
  const complaints = new Complaints();

  beforeAll(async () => {
    Logger.overrideLogger(complaints);
    database = await createTestDatabase();
    for (let count = 0; count < PROCESSES; count++) {
      const process = await JobsProcess.open(database.url, [fakeAction(), fakeChange()]);
      process.contracts.register(CHANGE_PLAN_CONTRACT);
      process.detached.machines = machines;
      process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
      processes.push(process);
    }
  }, 120_000);
  afterAll(async () => {
    for (const process of processes) await process.close();
    await database.drop();
  }, 120_000);

  it('are stored without a deadlock, each once, at its first attempt', async () => {
    const [first] = processes;
    if (first === undefined) throw new Error('there is no process');
    for (const process of processes) process.work({ concurrency: RUNS / PROCESSES, fleetConcurrency: RUNS });
    const ids: string[] = [];
    for (let count = 0; count < RUNS; count++) {
      const plan = await first.enqueue(await first.machine(), { action: `${CHANGE}_plan` });
      ids.push(plan.id);
    }
    const jobs: string[] = [];
    for (const id of ids) {
      const { requestId } = await first.ended(id, 60_000);
      const digest = (await first.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
      jobs.push((await first.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson)).id);
    }
    await until('all of them run', () => jobs.every((id) => machines.runs.has(id)), 120_000);
    for (const id of jobs) machines.run(id).lines.push('done');
    const before = await deadlocks(first);

    const began = performance.now();
    for (const run of machines.runs.values()) run.ending = 'ended';
    machines.changed();
    const open = `SELECT count(*)::int AS open FROM jobs WHERE status IN ('queued', 'running')`;
    const none = async () => (await queryOne<{ open: number }>(first.dataSource, open))?.open === 0;
    await until('all of them are stored', none, 120_000);
    const seconds = (performance.now() - began) / 1000;

    const ended = await queryRows(
      first.dataSource,
      `SELECT j.status, j.attempt, e.status AS execution, r.status AS request, count(*)::int AS count
         FROM jobs j JOIN executions e ON e.id = j.id JOIN action_requests r ON r.id = e.request_id
        WHERE j.id = ANY($1) GROUP BY 1, 2, 3, 4`,
      [jobs],
    );
    expect(ended).toEqual([{ status: 'ok', attempt: 1, execution: 'ok', request: 'executed', count: RUNS }]);
    expect(await deadlocks(first)).toBe(before);
    expect(complaints.lines).toEqual([]);
    expect(await queryRows(first.dataSource, 'SELECT machine_id FROM machine_locks')).toEqual([]);
    // On the slowest box that runs this it is still a matter of seconds.
    expect(seconds).toBeLessThan(60);
  }, 400_000);
});

/** How often PostgreSQL has had to end a transaction that waited in a circle. */
async function deadlocks({ dataSource }: JobsProcess): Promise<string | undefined> {
  const row = await queryOne<{ deadlocks: string }>(
    dataSource,
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.deadlocks;
}
