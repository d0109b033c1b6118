import { DataSource } from 'typeorm';
import { newId } from '../src/kernel/database/ids';
import { affected, queryRows } from '../src/kernel/database/rows';
import { sqlState, TransactionRunner, type Transaction } from '../src/kernel/database/transaction';
import { createTestDatabase, type TestDatabase } from './support/postgres';

describe('TransactionRunner', () => {
  let db: TestDatabase;
  let source: DataSource;
  let runner: TransactionRunner;
  let hookErrors: unknown[];

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
  });

  beforeEach(async () => {
    hookErrors = [];
    runner = new TransactionRunner(source, (error) => hookErrors.push(error));
    await source.query('DELETE FROM tags');
  });

  afterAll(async () => {
    await db.drop();
  });

  const addTag = (tx: Transaction, name: string) =>
    affected(tx.manager, 'INSERT INTO tags (id, name, created_at) VALUES ($1, $2, now())', [newId(), name]);
  const addOne = (tagRunner: TransactionRunner, name: string) => tagRunner.run((tx) => addTag(tx, name));
  const names = async () =>
    (await queryRows<{ name: string }>(source, 'SELECT name FROM tags ORDER BY name')).map((row) => row.name);

  it('commits, gives the result, then fires its hooks in order', async () => {
    const order: string[] = [];
    const result = await runner.run(async (tx) => {
      await addTag(tx, 'a');
      tx.afterCommit(async () => {
        order.push(`first sees ${(await names()).join()}`);
      });
      tx.afterCommit(() => void order.push('second'));
      order.push('work');
      return 42;
    });
    expect(result).toBe(42);
    expect(order).toEqual(['work', 'first sees a', 'second']);
  });

  it('rolls back on an error and fires nothing', async () => {
    const hook = jest.fn();
    const failure = new Error('no');
    await expect(
      runner.run(async (tx) => {
        tx.afterCommit(hook);
        await addTag(tx, 'a');
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await names()).toEqual([]);
    expect(hook).not.toHaveBeenCalled();
  });

  it('a hook that fails undoes nothing and stops no other hook', async () => {
    const hook = jest.fn();
    await runner.run(async (tx) => {
      await addTag(tx, 'a');
      tx.afterCommit(() => {
        throw new Error('hook');
      });
      tx.afterCommit(hook);
    });
    expect(hookErrors).toEqual([new Error('hook')]);
    expect(hook).toHaveBeenCalledTimes(1);
    expect(await names()).toEqual(['a']);
  });

  it('a nested run joins the outer one: same connection, one commit, hooks at the very end', async () => {
    const hook = jest.fn();
    await expect(
      runner.run(async (outer) => {
        await runner.run(async (inner) => {
          expect(inner.manager).toBe(outer.manager);
          inner.afterCommit(hook);
          await addTag(inner, 'inner');
        });
        expect(hook).not.toHaveBeenCalled();
        throw new Error('outer');
      }),
    ).rejects.toThrow('outer');
    expect(await names()).toEqual([]);
  });

  it('what a nested run left half-done is not committed by swallowing its error', async () => {
    await expect(
      runner.run(async (outer) => {
        await addTag(outer, 'outer');
        await runner
          .run(async (inner) => {
            await addTag(inner, 'half');
            throw new Error('nested');
          })
          .catch(() => undefined);
      }),
    ).rejects.toThrow('nested');
    expect(await names()).toEqual([]);
  });

  it('work left running after the end does not join a transaction that is over', async () => {
    const gate = gateway();
    let late: Promise<unknown> = Promise.resolve();
    await runner.run(async (tx) => {
      await addTag(tx, 'early');
      late = gate.passed.then(() => addOne(runner, 'late'));
    });
    gate.open();
    await late;
    expect(await names()).toEqual(['early', 'late']);
  });

  it('tries again when it is the victim of a deadlock', async () => {
    await runner.run(async (tx) => {
      await addTag(tx, 'x');
      await addTag(tx, 'y');
    });
    const met = [gateway(), gateway()] as const;
    let runs = 0;
    const cross = (own: 0 | 1, mine: string, other: string) =>
      runner.run(async (tx) => {
        runs += 1;
        await affected(tx.manager, 'UPDATE tags SET color = $1 WHERE name = $2', [mine, mine]);
        met[own].open();
        await met[own === 0 ? 1 : 0].passed;
        await affected(tx.manager, 'UPDATE tags SET color = $1 WHERE name = $2', [mine, other]);
      });
    await Promise.all([cross(0, 'x', 'y'), cross(1, 'y', 'x')]);
    expect(runs).toBe(3);
    const colors = await queryRows(source, 'SELECT DISTINCT color FROM tags');
    expect(colors).toHaveLength(1);
  });

  it('gives up on serialization failures after its attempts, with the database’s error', async () => {
    await addOne(runner, 'x');
    let runs = 0;
    const attempt = runner.run(
      async (tx) => {
        runs += 1;
        await queryRows(tx.manager, 'SELECT color FROM tags');
        await source.query('UPDATE tags SET color = $1', [`v${String(runs)}`]);
        await affected(tx.manager, `UPDATE tags SET color = 'mine'`);
      },
      { isolation: 'REPEATABLE READ', attempts: 2 },
    );
    await expect(attempt).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(2);
  });

  it('keeps the pool whole when the connection is lost inside', async () => {
    const small = await db.dataSource({ poolSize: 1 });
    const fragile = new TransactionRunner(small);
    await expect(
      fragile.run(async (tx) => {
        const [row] = await queryRows<{ pid: number }>(tx.manager, 'SELECT pg_backend_pid() AS pid');
        await source.query('SELECT pg_terminate_backend($1)', [row?.pid]);
        await addTag(tx, 'lost');
      }),
    ).rejects.toThrow();
    await addOne(fragile, 'after');
    expect(await names()).toEqual(['after']);
  });

  it('sqlState reads the code of a failed statement only', async () => {
    const error: unknown = await source.query('SELECT 1/0').catch((caught: unknown) => caught);
    expect(sqlState(error)).toBe('22012');
    expect(sqlState(new Error('x'))).toBeNull();
    expect(sqlState(undefined)).toBeNull();
  });
});

/** Something to wait for until somebody opens it. */
function gateway(): { passed: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
