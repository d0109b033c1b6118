import type { DataSource } from 'typeorm';
import { insertMachine, insertRow } from '../../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { explain, recordStatements } from '../../../../test/support/query-plans';
import { newId } from '../../../kernel/database/ids';
import { affected } from '../../../kernel/database/rows';
import { RunDurations, type Estimate } from './run-durations';

/** As a schedule restarts what it has upgraded. */
const CHAIN = [
  { name: 'apt_upgrade', estimateSeconds: 180 },
  { name: 'reboot_plan', estimateSeconds: 5 },
  { name: 'reboot', estimateSeconds: 120 },
];

describe('how long actions one after the other take', () => {
  let database: TestDatabase;
  let source: DataSource;
  let machineId: string;
  const durations = new RunDurations();

  beforeEach(async () => {
    database = await createTestDatabase();
    source = await database.dataSource();
    machineId = await insertMachine(source);
  });
  afterEach(() => database.drop());

  /** A run on another machine, a reading or a change. */
  async function took(kind: string, seconds: number, status = 'ok'): Promise<void> {
    const [id, finished] = [newId(), new Date()];
    const times = { created_at: finished, started_at: new Date(finished.getTime() - seconds * 1000) };
    const job = { id, kind, machine_id: await insertMachine(source), status, ...times };
    await insertRow(source, 'jobs', { ...job, finished_at: status === 'running' ? null : finished });
  }
  const estimate = async (actions = CHAIN): Promise<Estimate | undefined> =>
    (await durations.estimates(source.manager, [machineId], actions)).get(machineId);

  it('is known of the fleet where a plan of the list was made elsewhere', async () => {
    await took('apt_upgrade', 600);
    await took('reboot_plan', 20);
    await took('reboot', 280);
    expect(await estimate()).toEqual({ seconds: 900, basis: 'fleet' });
  });

  it('is as the declarations say where none of them ever ran', async () => {
    expect(await estimate()).toEqual({ seconds: 305, basis: 'declared' });
  });

  it('rests on the declaration of what never came to its end, and on the fleet for the rest', async () => {
    await took('apt_upgrade', 600);
    await took('reboot_plan', 500, 'error');
    await took('reboot', 280, 'running');
    expect(await estimate()).toEqual({ seconds: 725, basis: 'declared' });
  });

  it('goes by the last 500 runs, found by an index among many jobs', async () => {
    await affected(
      source,
      `INSERT INTO jobs (id, kind, machine_id, status, created_at, started_at, finished_at)
       SELECT gen_random_uuid(), kind, $1, 'ok', now() - n * interval '1 minute', now() - make_interval(secs => took), now()
       FROM (SELECT n, CASE WHEN n <= 500 THEN 30 ELSE 300 END AS took FROM generate_series(1, 4000) AS n) AS runs,
         unnest(ARRAY['reboot_plan', 'machine_probe']) AS kind`,
      [await insertMachine(source)],
    );
    await source.query('ANALYZE jobs');
    const actions = [{ name: 'reboot_plan', estimateSeconds: 5 }];
    const [, ofFleet] = await recordStatements(source, async () => {
      expect(await estimate(actions)).toEqual({ seconds: 30, basis: 'fleet' });
    });
    if (ofFleet === undefined) throw new Error('nobody asked what the fleet took');
    expect((await explain(source, ofFleet)).scanned).toEqual([]);
  });
});
