import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PostgresClock } from '../src/kernel/database/database-clock';
import { affected } from '../src/kernel/database/rows';
import { LEASE_SECONDS } from '../src/modules/jobs/worker/claims';
import { fakeAction } from './support/jobs-fakes';
import { JobsProcess } from './support/jobs-process';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const source = path.resolve(__dirname, '../src');

describe('the clock of the database', () => {
  let database: TestDatabase;
  let p: JobsProcess;

  beforeEach(async () => {
    database = await createTestDatabase();
    p = await JobsProcess.open(database.url, [fakeAction()]);
  });
  afterEach(async () => {
    await p.close();
    await database.drop();
  });

  /** Puts a clock in its place that is so many seconds ahead. */
  async function setAhead(seconds: number): Promise<void> {
    const clock = `SELECT clock_timestamp() + interval '${String(seconds)} s'`;
    await affected(
      p.dataSource,
      `CREATE OR REPLACE FUNCTION database_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ ${clock} $$`,
    );
  }

  it('tells what is due and which lease is over, both by the one that is in its place', async () => {
    const machineId = await p.machine();
    const { id } = await p.enqueue(machineId);
    await p.takeOne('a worker that stands still');
    // Statements that were prepared by the clock before have to go by the new one, too.
    await p.sweepUntil('nothing is to be done', async () => (await p.job(id)).status === 'running');
    await setAhead(LEASE_SECONDS + 3600);
    const now = await new PostgresClock().now(p.dataSource.manager);
    expect(now.getTime() - Date.now()).toBeGreaterThan(LEASE_SECONDS * 1000);
    await p.sweepUntil('the job is given back', async () => (await p.job(id)).status === 'queued');
  });

  it('is asked by no statement behind its back', () => {
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!\.spec)\.ts$/.test(file),
    );
    expect(files.length).toBeGreaterThan(300);
    const own = files.filter((file) =>
      /clock_timestamp\(\)|'now\(\)'/.test(readFileSync(path.join(source, file), 'utf8')),
    );
    expect(own).toEqual([]);
  });
});
