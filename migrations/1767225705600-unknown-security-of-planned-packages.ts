import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An answer that broke off before the origins were read tells which packages a plan changes, and not whether any of
 * them is a security update: null, as "false" would claim to have looked.
 */
export class UnknownSecurityOfPlannedPackages1767225705600 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE apt_planned_packages ALTER COLUMN is_security DROP NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('UPDATE apt_planned_packages SET is_security = false WHERE is_security IS NULL');
    await queryRunner.query('ALTER TABLE apt_planned_packages ALTER COLUMN is_security SET NOT NULL');
  }
}
