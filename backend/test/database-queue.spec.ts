import { PgBoss } from 'pg-boss';
import type { DataSource } from 'typeorm';
import { bossAdapter } from '../src/kernel/database/boss-adapter';
import { newId } from '../src/kernel/database/ids';
import { QUEUE_SCHEMA } from '../src/kernel/database/database-check';
import { affected, queryRows } from '../src/kernel/database/rows';
import { TransactionRunner } from '../src/kernel/database/transaction';
import { createTestDatabase, type TestDatabase } from './support/postgres';

/** Against the real pg-boss, started as the program starts it: on a schema that the migration has made. */
describe('enqueueing inside a transaction', () => {
  const queue = 'test_queue';
  let db: TestDatabase;
  let source: DataSource;
  let boss: PgBoss;
  let runner: TransactionRunner;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
    runner = new TransactionRunner(source);
    boss = new PgBoss({
      connectionString: db.url,
      schema: QUEUE_SCHEMA,
      migrate: false,
      createSchema: false,
      supervise: false,
      schedule: false,
    });
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue(queue);
  });

  afterAll(async () => {
    await boss.stop({ graceful: false });
    await db.drop();
  });

  const enqueue = (jobId: string, fail: boolean) =>
    runner.run(async (tx) => {
      await affected(
        tx.manager,
        `INSERT INTO jobs (id, kind, status, created_at) VALUES ($1, 'machine_probe', 'queued', now())`,
        [jobId],
      );
      const bossJobId = await boss.send(queue, { jobId }, { db: bossAdapter(tx.manager), retryLimit: 0 });
      expect(bossJobId).not.toBeNull();
      if (fail) throw new Error('undone');
    });

  it('leaves neither row nor message after a rollback, and both after a commit', async () => {
    const [lost, kept] = [newId(), newId()];
    await expect(enqueue(lost, true)).rejects.toThrow('undone');
    await enqueue(kept, false);
    const rows = await queryRows(source, 'SELECT id FROM jobs');
    expect(rows).toEqual([{ id: kept }]);
    const messages = await boss.fetch(queue, { batchSize: 10 });
    expect(messages.map((message) => message.data)).toEqual([{ jobId: kept }]);
  });

  it('shows the message to no worker before the commit', async () => {
    await runner.run(async (tx) => {
      await boss.insert(queue, [{ data: { n: 1 } }, { data: { n: 2 } }], { db: bossAdapter(tx.manager) });
      expect(await boss.fetch(queue, { batchSize: 10 })).toEqual([]);
    });
    expect(await boss.fetch(queue, { batchSize: 10 })).toHaveLength(2);
  });
});
