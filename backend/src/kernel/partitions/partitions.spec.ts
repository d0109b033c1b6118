import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { Clock } from '../clock';
import { loadConfig } from '../config/config';
import { lowestId, startOfMonth, timeOfId } from '../database/id-times';
import { newId } from '../database/ids';
import { migrate, revertMigrations } from '../database/migrate';
import { queryRows } from '../database/rows';
import { PartitionUpkeep } from './partition-upkeep';
import { makePartitionsAhead, partitionedTables, partitionsOf, partitionStatus } from './partitions';

const now = new Date();
const later = (months: number): Date => startOfMonth(now, months);

class FixedClock extends Clock {
  constructor(private readonly at: Date) {
    super();
  }

  override now(): Date {
    return this.at;
  }
}

describe('ids and times', () => {
  it('an id lies between the lowest ids of its moment and of the next', () => {
    const id = newId();
    const at = timeOfId(id);
    expect(Math.abs(at.getTime() - Date.now())).toBeLessThan(60_000);
    expect(lowestId(at) < id).toBe(true);
    expect(id < lowestId(new Date(at.getTime() + 1))).toBe(true);
    expect(timeOfId(lowestId(at))).toEqual(at);
  });

  it('months begin in UTC and cross years', () => {
    expect(startOfMonth(new Date('2026-12-31T23:59:59.999Z'), 1).toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(startOfMonth(new Date('2026-01-01T00:00:00Z'), -1).toISOString()).toBe('2025-12-01T00:00:00.000Z');
  });
});

describe('partitions', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
  });
  afterEach(() => db.drop());

  const event = (id: string, message: string) =>
    source.query(
      `INSERT INTO machine_events (id, event_type, severity, created_at, message) VALUES ($1, 'sample', 'info', $2, $3)`,
      [id, now, message],
    );
  const place = async (message: string) =>
    (
      await queryRows<{ place: string }>(
        source,
        `SELECT tableoid::regclass::text AS place FROM machine_events WHERE message = $1`,
        [message],
      )
    )[0]?.place;
  const monthOf = (at: Date) => `machine_events_${at.toISOString().slice(0, 7).replace('-', '_')}`;

  it('are there from the start for three months ahead, and need nothing the second time', async () => {
    expect((await partitionedTables(source)).map(({ table }) => table)).toEqual(
      expect.arrayContaining(['apt_applied_packages', 'apt_planned_packages', 'job_log_chunks', 'machine_events']),
    );
    for (const { table } of await partitionedTables(source)) {
      expect((await partitionsOf(source, table)).map(({ to }) => to)).toEqual([1, 2, 3, 4].map(later));
    }
    expect(await makePartitionsAhead(source, now)).toEqual([]);
    await event(newId(), 'today');
    expect(await place('today')).toBe(monthOf(now));
  });

  it('take back from the DEFAULT partition what it caught before they were there', async () => {
    await event(lowestId(later(6)), 'far ahead');
    expect(await place('far ahead')).toBe('machine_events_default');
    expect((await partitionStatus(source)).find(({ table }) => table === 'machine_events')?.strayRows).toBe(true);
    expect(await makePartitionsAhead(source, later(5))).toContain(monthOf(later(6)));
    expect(await place('far ahead')).toBe(monthOf(later(6)));
  });

  it('are made once when several programs make them at the same time', async () => {
    const made = await Promise.all([1, 2, 3].map(() => makePartitionsAhead(source, later(12))));
    const tables = await partitionedTables(source);
    expect(made.flat().sort()).toEqual([...new Set(made.flat())].sort());
    expect(made.flat()).toHaveLength(tables.length * 4);
  });

  it('warn when fewer than two months remain, naming the tables, and not before', async () => {
    const config = loadConfig({ DATABASE_URL: db.url, DATA_DIR: '/nowhere' });
    const check = (at: Date) => new PartitionUpkeep(config, source, new FixedClock(at)).check();
    expect(await check(now)).toEqual({ status: 'ok', message: '' });
    expect(await check(later(1))).toEqual({ status: 'ok', message: '' });
    const finding = await check(later(2));
    expect(finding.status).toBe('warning');
    expect(finding.message).toContain('machine_events');
    expect((await check(later(9))).status).toBe('warning');
  });
});

describe('the way into partitions and back', () => {
  it('keeps every row, that of a foreign kind of id included, and the schema', async () => {
    const db = await createTestDatabase({ migrated: false });
    const source = await db.dataSource();
    const rows = () => queryRows(source, 'SELECT id, message FROM machine_events ORDER BY message');
    const random = 'f0000000-0000-4000-8000-000000000000';
    const { applied } = await migrate({ url: db.url });
    const fromPartitions = applied.length - applied.findIndex((name) => name.startsWith('GrowthHistoryPartitions'));
    await revertMigrations({ url: db.url }, fromPartitions);
    for (const [id, message] of [
      [lowestId(later(-30)), 'old'],
      [newId(), 'new'],
      [random, 'of another kind'],
    ]) {
      await source.query(
        `INSERT INTO machine_events (id, event_type, severity, created_at, message) VALUES ($1, 'sample', 'info', now(), $2)`,
        [id, message],
      );
    }
    const before = await rows();

    await migrate({ url: db.url });
    expect(await rows()).toEqual(before);
    const [former, ...months] = await partitionsOf(source, 'machine_events');
    // What was there stays where it is, as one partition up to the end of this month.
    expect(former).toMatchObject({ name: 'machine_events_former', from: null, to: later(1) });
    expect(months.map(({ from }) => from)).toEqual([1, 2, 3].map(later));
    expect(await queryRows(source, 'SELECT message FROM machine_events_default')).toEqual([
      { message: 'of another kind' },
    ]);

    await revertMigrations({ url: db.url }, fromPartitions);
    expect(await rows()).toEqual(before);
    expect(await partitionedTables(source)).toEqual([]);
    await db.drop();
  });
});
