import type { DataSource } from 'typeorm';
import { insertMachine, insertRow } from '../../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { explain, recordStatements } from '../../../../test/support/query-plans';
import { newId } from '../../../kernel/database/ids';
import { affected } from '../../../kernel/database/rows';
import type { ActionRegistry } from '../actions/action-registry';
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
  /** Of a restart the effect comes after its run. */
  const registry = { findChange: (name: string) => (name === 'reboot' ? { aftermath: {} } : undefined) };
  const durations = new RunDurations(registry as ActionRegistry);

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
  /** A change of this machine: so long until it was collected, and by its own clock. */
  async function changed(kind: string, collected: number, own: number | null, takenOver = false): Promise<void> {
    const [id, finished] = [newId(), new Date()];
    const before = (seconds: number) => new Date(finished.getTime() - seconds * 1000);
    const job = { id, kind, machine_id: machineId, status: 'ok', taken_over: takenOver, created_at: finished };
    await insertRow(source, 'jobs', { ...job, started_at: before(collected), finished_at: finished });
    const run = { id, job_id: id, machine_id: machineId, action: kind, mode: 'manual', status: 'ok' };
    // What the machine did not tell stands there by the database's clock.
    const times = { started_at: before(own ?? collected), finished_at: finished, exit_code: own === null ? null : 0 };
    await insertRow(source, 'executions', { ...run, ...times });
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

  const [UPGRADE, , RESTART] = CHAIN.map((action) => [action]);

  it('is what the machine itself says of a change, however late that was collected', async () => {
    await changed('apt_upgrade', 5 * 3600, 300, true);
    await changed('apt_upgrade', 120, 110);
    expect(await estimate(UPGRADE)).toEqual({ seconds: 300, basis: 'machine' });
  });

  it('is what was waited for of a change whose effect comes after its run, unless nobody did', async () => {
    await changed('reboot', 5 * 3600, 2, true);
    expect(await estimate(RESTART)).toEqual({ seconds: 120, basis: 'declared' });
    await changed('reboot', 90, 2);
    expect(await estimate(RESTART)).toEqual({ seconds: 90, basis: 'machine' });
  });

  it.each([
    ['of the database', -1800, 60],
    ['of the machine', 60, -1800],
  ])('is told by one clock where that %s was put back meanwhile', async (_whose, collected, own) => {
    await changed('apt_upgrade', collected, own);
    expect(await estimate(UPGRADE)).toEqual({ seconds: 60, basis: 'machine' });
  });

  it('is not told by runs that ended before they began, for the machine and for the fleet', async () => {
    await changed('apt_upgrade', -1800, null);
    await changed('reboot', -1800, 2);
    await took('reboot_plan', -1800);
    expect(await estimate()).toEqual({ seconds: 305, basis: 'declared' });
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
