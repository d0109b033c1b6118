import type { DataSource, QueryRunner } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import { eventually } from './eventually';

const KEY = 7_301_144;

/** A write of the product that a test wants to hold at. */
export interface GatedWrite {
  readonly table: string;
  readonly event: 'INSERT' | 'UPDATE';
  /** Condition of the trigger, in SQL over OLD and NEW. */
  readonly when: string;
}

/**
 * Holds whoever writes so in the middle of its statement, as a slow database does. A worker that waits there is at an
 * exact moment of its work, and can be killed at it.
 */
export class DatabaseGate {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly holder: QueryRunner,
    private readonly table: string,
  ) {}

  static async close(dataSource: DataSource, { table, event, when }: GatedWrite): Promise<DatabaseGate> {
    const holder = dataSource.createQueryRunner();
    await holder.query('SELECT pg_advisory_lock($1)', [KEY]);
    await dataSource.query(`
      CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(${String(KEY)}); RETURN NEW; END $$`);
    await dataSource.query(
      `CREATE TRIGGER gate BEFORE ${event} ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION wait_at_gate()`,
    );
    return new DatabaseGate(dataSource, holder, table);
  }

  /** Until so many wait there. */
  async reached(count: number): Promise<void> {
    await eventually(
      () => this.waiting(),
      (waiting) => waiting.length === count,
      150_000,
    );
  }

  /** What waits comes to nothing, as the connection of a process that is gone; what comes from now on is not held. */
  async remove(): Promise<void> {
    for (const pid of await this.waiting()) await this.dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    await eventually(
      () => this.waiting(),
      (waiting) => waiting.length === 0,
    );
    await this.dataSource.query(`DROP TRIGGER gate ON ${this.table}`);
    await this.holder.query('SELECT pg_advisory_unlock($1)', [KEY]);
    await this.holder.release();
  }

  /** What waits goes on, and so does what comes from now on. */
  async open(): Promise<void> {
    await this.holder.query('SELECT pg_advisory_unlock($1)', [KEY]);
    await this.holder.release();
    await this.dataSource.query(`DROP TRIGGER gate ON ${this.table}`);
  }

  private async waiting(): Promise<number[]> {
    const rows = await queryRows<{ pid: number }>(
      this.dataSource,
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`,
      [KEY],
    );
    return rows.map(({ pid }) => pid);
  }
}
