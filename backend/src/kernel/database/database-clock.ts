import type { EntityManager } from 'typeorm';
import { queryOne } from './rows';

/**
 * The clock that all processes share: what is due, and which lease is over, is decided by it alone. The class itself is
 * the injection token; tests replace its source.
 */
export abstract class DatabaseClock {
  abstract now(manager: EntityManager): Promise<Date>;
}

/** The clock of the database server. */
export class PostgresClock extends DatabaseClock {
  override async now(manager: EntityManager): Promise<Date> {
    const row = await queryOne<{ now: Date }>(manager, 'SELECT clock_timestamp() AS now');
    if (row === null) throw new Error('The database does not tell the time.');
    return row.now;
  }
}
