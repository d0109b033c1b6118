import type { EntityManager } from 'typeorm';
import { queryOne } from './rows';

/**
 * The clock that all processes share, for what is decided in the program: what is due, when a run is over. Statements that
 * decide about leases ask `database_now()` themselves, which is the same clock. The class itself is the injection token; tests
 * replace it, or the function.
 */
export abstract class DatabaseClock {
  abstract now(manager: EntityManager): Promise<Date>;
}

/** The clock of the database server. */
export class PostgresClock extends DatabaseClock {
  override async now(manager: EntityManager): Promise<Date> {
    const row = await queryOne<{ now: Date }>(manager, 'SELECT database_now() AS now');
    if (row === null) throw new Error('The database does not tell the time.');
    return row.now;
  }
}
