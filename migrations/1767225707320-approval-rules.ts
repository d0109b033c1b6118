import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who has to decide which request: rules of the installation, and what they came to when a request was made. */
export class ApprovalRules1767225707320 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE approval_rules (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        enabled boolean NOT NULL,
        demand text NOT NULL CONSTRAINT approval_rules_demand_check
          CHECK (demand IN ('own_confirmation', 'four_eyes', 'administrators')),
        conditions_json jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        updated_by text NOT NULL,
        version integer NOT NULL CONSTRAINT approval_rules_version_check CHECK (version > 0)
      )`);
    await queryRunner.query(`COMMENT ON TABLE approval_rules IS 'Which requests ask for whose decision.'`);
    await queryRunner.query('CREATE UNIQUE INDEX approval_rules_name_key ON approval_rules (lower(name))');
    await queryRunner.query('ALTER TABLE action_requests ADD COLUMN approval_json jsonb');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE action_requests DROP COLUMN approval_json');
    await queryRunner.query('DROP TABLE approval_rules');
  }
}
