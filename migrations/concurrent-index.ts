import type { QueryRunner } from 'typeorm';

/**
 * Builds an index while others write. Only for migrations with `transaction = false`. What a killed build left behind
 * is invalid, useless and still written to: it is removed first.
 *
 * The build waits for transactions that are older than itself; that wait holds up nobody, so it may be long.
 *
 * @param definition what follows the name: `ON jobs (finished_at)`
 */
export async function buildConcurrently(queryRunner: QueryRunner, name: string, definition: string): Promise<void> {
  const found = (await queryRunner.query(
    `SELECT x.indisvalid AS valid FROM pg_index x WHERE x.indexrelid = to_regclass('${name}')`,
  )) as { valid: boolean }[];
  if (found[0]?.valid === true) return;
  await queryRunner.query(`SET lock_timeout = '10min'`);
  try {
    if (found.length > 0) await queryRunner.query(`DROP INDEX CONCURRENTLY ${name}`);
    await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
  } finally {
    await queryRunner.query('RESET lock_timeout');
  }
}
