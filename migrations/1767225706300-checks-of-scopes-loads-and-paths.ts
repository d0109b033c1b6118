import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Changed {
  readonly table: string;
  readonly column: string;
  readonly check: string;
  /** What stood there before. */
  readonly former?: string;
}

const FINITE = (column: string): string => `${column} >= 0 AND ${column} < 'Infinity'`;
const BELOW = `path !~ '(^/|(^|/)\\.\\.(/|$))' AND path <> ''`;

const CHANGES: readonly Changed[] = [
  { table: 'machine_state', column: 'cpu_load1', check: FINITE('cpu_load1'), former: 'cpu_load1 >= 0' },
  { table: 'machine_metrics_latest', column: 'cpu_load1', check: FINITE('cpu_load1'), former: 'cpu_load1 >= 0' },
  { table: 'machine_metrics_latest', column: 'cpu_load5', check: FINITE('cpu_load5'), former: 'cpu_load5 >= 0' },
  { table: 'raw_artifacts', column: 'path', check: BELOW },
  { table: 'reports', column: 'path', check: BELOW },
  {
    table: 'api_clients',
    column: 'scopes_json',
    check: `COALESCE(jsonb_typeof(scopes_json -> 'scopes') = 'array'
      AND scopes_json -> 'scopes' <@ '["read","operate","admin","debug_logs"]', false)`,
  },
];

/**
 * What the types of these columns let through and nobody may mean: loads that are no figures, paths that lead out of the
 * store, scopes that there are none of. Each table is only looked at, not locked for writers, while its rows are checked.
 */
export class ChecksOfScopesLoadsAndPaths1767225706300 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { table, column, check } of CHANGES) {
      const name = `${table}_${column}_check`;
      await queryRunner.query(
        `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}, ADD CONSTRAINT ${name} CHECK (${check}) NOT VALID`,
      );
      await queryRunner.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { table, column, former } of CHANGES) {
      const name = `${table}_${column}_check`;
      const restored = former === undefined ? '' : `, ADD CONSTRAINT ${name} CHECK (${former})`;
      await queryRunner.query(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${name}${restored}`);
    }
  }
}
