import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { growHistory } from '../../tools/growth/history.cjs';
import { lowestId, startOfMonth } from '../src/kernel/database/id-times';
import { Contracts } from '../src/kernel/contracts/contracts';
import { queryRows } from '../src/kernel/database/rows';
import { makePartitionsAhead, partitionsOf } from '../src/kernel/partitions/partitions';
import { HistoryRepository } from '../src/modules/history/history.repository';
import { MachineEventsRetention, SnapshotsRetention } from '../src/modules/history/retention';
import { PlannedPackagesRetention } from '../src/modules/apt/retention';
import { goldenExample } from './support/golden-examples';
import { createTestDatabase, type TestDatabase } from './support/postgres';
import { explain, recordStatements, type Recorded } from './support/query-plans';

/**
 * A twentieth of ten thousand machines' year: 500,000 events, 50,000 snapshots, 1,000,000 planned packages. What is
 * asserted are plans and blocks touched, which do not depend on how busy the box is; `npm run bench` has the whole.
 */
const MACHINES = 500;
const PAGE_BLOCKS = 400;

describe('a year of history', () => {
  const until = startOfMonth(new Date());
  let db: TestDatabase;
  let source: DataSource;
  let machineId: string;
  let history: HistoryRepository;
  const never = new AbortController().signal;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource({ statementTimeoutMs: 0 });
    for (let month = -12; month <= 0; month += 3) await makePartitionsAhead(source, startOfMonth(until, month));
    const client = new Client({ connectionString: db.url });
    await client.connect();
    await growHistory(client, {
      machines: MACHINES,
      snapshotsPerMachine: 100,
      packagesPerSnapshot: 100,
      eventsPerMachine: 1000,
      until,
      document: goldenExample('apt_update_analyze', 1) as object,
    });
    await client.end();
    history = new HistoryRepository(source, new Contracts());
    [{ id: machineId } = { id: '' }] = await queryRows<{ id: string }>(
      source,
      'SELECT id FROM machines LIMIT 1 OFFSET 7',
    );
  }, 300_000);

  afterAll(async () => {
    await db.drop();
  });

  /** Every statement that `work` runs, explained: scans of whole tables, and the blocks that it took. */
  async function planOf(work: () => Promise<unknown>): Promise<{ scanned: string[]; blocks: number }> {
    const statements: Recorded[] = await recordStatements(source, work);
    expect(statements).not.toEqual([]);
    const plans = await Promise.all(statements.map((statement) => explain(source, statement)));
    return {
      scanned: plans.flatMap(({ scanned }) => scanned),
      blocks: plans.reduce((sum, plan) => sum + plan.blocks, 0),
    };
  }

  it('lies in the months that it belongs to', async () => {
    for (const table of ['machine_events', 'apt_planned_packages']) {
      expect(await queryRows(source, `SELECT 1 FROM ${table}_default LIMIT 1`)).toEqual([]);
      const months = (await partitionsOf(source, table)).filter(({ to }) => to <= until);
      expect(months.length).toBeGreaterThanOrEqual(12);
    }
  });

  it.each(['events', 'snapshots'] as const)('%s: the first page and a deep one touch as little', async (list) => {
    const page = (cursor?: string) =>
      list === 'events'
        ? history.events(machineId, { limit: 50, ...(cursor === undefined ? {} : { cursor }) })
        : history.snapshots(machineId, 'apt_update_analyze', {
            limit: 10,
            ...(cursor === undefined ? {} : { cursor }),
          });
    const first = await planOf(() => page());
    let cursor = (await page()).nextCursor;
    for (let depth = 1; depth < 8 && cursor !== null; depth += 1) cursor = (await page(cursor)).nextCursor;
    expect(cursor).not.toBeNull();
    const deep = await planOf(() => page(cursor ?? ''));
    expect([...first.scanned, ...deep.scanned]).toEqual([]);
    expect(first.blocks).toBeLessThan(PAGE_BLOCKS);
    expect(deep.blocks).toBeLessThan(PAGE_BLOCKS);
  });

  it.each([
    ['the machines that wait for a step', 'dedup_key = $1', ['upgrade|package-7|amd64|1.7-1+deb12u1|1.7-1+deb12u2']],
    ['a package of a machine', 'machine_id = $1 AND name = $2', ['machine', 'package-7']],
    ['the packages of a snapshot', 'snapshot_id = $1', ['snapshot']],
  ])('planned packages: %s by index', async (_what, where, params) => {
    const [snapshot] = await queryRows<{ id: string }>(
      source,
      'SELECT id FROM snapshots WHERE machine_id = $1 LIMIT 1',
      [machineId],
    );
    const values = params.map((value) =>
      value === 'machine' ? machineId : value === 'snapshot' ? snapshot?.id : value,
    );
    const { scanned } = await explain(source, {
      sql: `SELECT machine_id FROM apt_planned_packages WHERE ${where}`,
      params: values,
    });
    expect(scanned).toEqual([]);
  });

  it('a bound of ids reaches only the months within it', async () => {
    const low = startOfMonth(until, -2);
    const plan = await explain(source, {
      sql: `SELECT count(*) FROM machine_events WHERE id >= $1 AND id < $2`,
      params: [lowestId(low), lowestId(startOfMonth(low, 1))],
    });
    expect(plan.relations.filter((name) => name.startsWith('machine_events_'))).toEqual([
      `machine_events_${low.toISOString().slice(0, 7).replace('-', '_')}`,
    ]);
  });

  // Removing 37,000 snapshots one cascade each takes its time on a busy box.
  it('forgets months by dropping them, and keeps what the newest snapshot of a machine stands on', async () => {
    // This machine was not analysed for ten months: what it said last is old, and still what is known of it.
    const [last] = await queryRows<{ id: string }>(
      source,
      `SELECT id FROM snapshots WHERE machine_id = $1 AND created_at < $2 AND content_snapshot_id IS NULL ORDER BY created_at DESC LIMIT 1`,
      [machineId, startOfMonth(until, -10)],
    );
    await source.query(
      `DELETE FROM snapshots WHERE machine_id = $1 AND content_snapshot_id IS NOT NULL AND created_at > $2`,
      [machineId, startOfMonth(until, -10)],
    );
    await source.query(`DELETE FROM snapshots WHERE machine_id = $1 AND created_at > $2`, [
      machineId,
      startOfMonth(until, -10),
    ]);
    // The last look at it failed, which is no news of its packages.
    await source.query(
      `INSERT INTO snapshots (id, machine_id, kind, created_at, status, payload_json)
       VALUES ($1, $2, 'apt_update_analyze', $3, 'error', '{"schema_version": 1}')`,
      [lowestId(startOfMonth(until, -5)), machineId, startOfMonth(until, -5)],
    );
    const before = startOfMonth(until, -3);
    const count = async (sql: string, ...params: unknown[]) =>
      Number((await queryRows<{ n: string }>(source, `SELECT count(*) AS n FROM ${sql}`, params))[0]?.n);

    expect(await new PlannedPackagesRetention(source).purge(before, never)).toMatchObject({
      apt_planned_packages_carried_over: 100,
    });
    const removed = await new SnapshotsRetention(source).purge(before, never);
    await new MachineEventsRetention(source).purge(before, never);

    expect(removed.snapshots).toBeGreaterThan(MACHINES * 60);
    expect(await count('apt_planned_packages WHERE snapshot_id = $1', last?.id)).toBe(100);
    expect(await count('snapshots WHERE id = $1', last?.id)).toBe(1);
    expect(await count('machine_events WHERE created_at < $1', before)).toBe(0);
    // What goes is old, not the newest of its machine, and nothing stands on it; what stays of the old is one of these.
    const left = await queryRows<{ stays: boolean }>(
      source,
      `SELECT EXISTS (SELECT 1 FROM snapshots c WHERE c.content_snapshot_id = s.id)
           OR NOT EXISTS (SELECT 1 FROM snapshots n
                          WHERE n.machine_id = s.machine_id AND n.created_at > s.created_at AND n.status <> 'error') AS stays
         FROM snapshots s WHERE s.created_at < $1`,
      [before],
    );
    expect(left.every(({ stays }) => stays)).toBe(true);
    expect(
      await count(
        'snapshots s WHERE NOT EXISTS (SELECT 1 FROM snapshots b WHERE b.id = s.content_snapshot_id) AND s.content_snapshot_id IS NOT NULL',
      ),
    ).toBe(0);
    expect((await partitionsOf(source, 'apt_planned_packages')).every(({ to }) => to > before)).toBe(true);
  }, 180_000);
});
