import type { Db } from 'pg-boss';
import type { EntityManager } from 'typeorm';
import { queryRows } from './rows';

/**
 * Lets pg-boss write through an open transaction, so that a job is enqueued if and only if the row that asked for it
 * commits: `boss.send(queue, data, { db: bossAdapter(tx.manager) })`.
 */
export function bossAdapter(manager: EntityManager): Db {
  return {
    executeSql: async (text, values) => ({ rows: await queryRows(manager, text, values ?? []) }),
  };
}
