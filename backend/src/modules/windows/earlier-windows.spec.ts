import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { insertMachine, insertRow } from '../../../test/support/insert-row';
import { until } from '../../../test/support/ssh-wait';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner } from '../../kernel/database/transaction';
import { EarlierWindows } from './earlier-windows';

describe('what is decided by windows that are edited meanwhile', () => {
  let database: TestDatabase;
  let source: DataSource;
  let transactions: TransactionRunner;
  let earlier: EarlierWindows;
  let decided: number;

  beforeEach(async () => {
    database = await createTestDatabase();
    source = await database.dataSource();
    transactions = new TransactionRunner(source);
    earlier = new EarlierWindows();
    decided = 0;
  });
  afterEach(() => database.drop());

  const look = () =>
    earlier.outlive(transactions, () => {
      decided += 1;
      return Promise.resolve();
    });
  /** How often it is decided anew in so many looks. */
  async function looks(count: number): Promise<number> {
    const before = decided;
    for (let left = count; left > 0; left -= 1) await look();
    return decided - before;
  }
  /**
   * How often it is decided anew until it is no more. Once where nobody else is at work; but transactions of other databases on
   * the same server, as other tests have them, count too.
   */
  async function untilNoMore(): Promise<number> {
    const before = decided;
    await until('it is decided no more', async () => (await looks(1)) === 0, 25_000);
    expect(await looks(3)).toBe(0);
    return decided - before;
  }
  const window = (): Promise<void> =>
    insertRow(source, 'maintenance_windows', {
      ...{ id: newId(), name: 'Nights', scope: 'fleet', cron: '0 1 * * *', timezone: 'UTC', duration_minutes: 60 },
      ...{ created_at: new Date(), updated_at: new Date() },
    });

  it('is decided anew after the start and after each edit, until nobody can have seen others, and no more', async () => {
    expect(await untilNoMore()).toBeGreaterThan(0);
    await window();
    expect(await untilNoMore()).toBeGreaterThan(0);
    await source.query(`UPDATE maintenance_windows SET name = 'Days'`);
    expect(await untilNoMore()).toBeGreaterThan(0);
    await source.query('DELETE FROM maintenance_windows');
    expect(await untilNoMore()).toBeGreaterThan(0);
  });

  it('is decided anew for as long as whoever saw the windows of before has not ended, and once after that', async () => {
    const machineId = await insertMachine(source);
    await untilNoMore();
    const decider = source.createQueryRunner();
    await decider.startTransaction();
    await decider.query('SELECT id FROM machines WHERE id = $1 FOR NO KEY UPDATE', [machineId]);
    await window();
    expect(await looks(5)).toBe(5);
    await decider.commitTransaction();
    await decider.release();
    expect(await untilNoMore()).toBeGreaterThan(0);
  });

  it('is decided anew again where that failed', async () => {
    await expect(earlier.outlive(transactions, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect(await untilNoMore()).toBeGreaterThan(0);
  });
});
