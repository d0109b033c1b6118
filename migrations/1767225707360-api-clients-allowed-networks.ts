import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Networks that are allowed have one name, here and in the settings (`discovery.allowed_networks`). Nothing reads the column yet. */
export class ApiClientsAllowedNetworks1767225707360 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_clients RENAME COLUMN allowed_cidrs_json TO allowed_networks_json');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_clients RENAME COLUMN allowed_networks_json TO allowed_cidrs_json');
  }
}
