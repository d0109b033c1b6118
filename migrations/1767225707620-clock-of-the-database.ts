import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The clock by which statements decide what is due and which lease is over: that of the server, at the moment of the statement.
 * A function of its own, so that tests can put another clock in its place.
 */
export class ClockOfTheDatabase1767225707620 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'CREATE FUNCTION database_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$ SELECT clock_timestamp() $$',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION database_now()');
  }
}
