import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildOnPartitions } from './concurrent-index';

/** "When did openssl change, and where" is asked of the whole fleet; ids begin with the time of the change. */
export class AppliedPackagesByName1767225706700 implements MigrationInterface {
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await buildOnPartitions(
      queryRunner,
      'apt_applied_packages',
      'apt_applied_packages_name_id_idx',
      'name, id DESC',
      'name_id_idx',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX apt_applied_packages_name_id_idx');
  }
}
