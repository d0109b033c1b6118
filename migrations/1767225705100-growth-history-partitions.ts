import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lowestId, nextMonth, partitionByRange, unpartition } from './partitioning';

/**
 * History that nothing refers into is kept in monthly partitions, so that forgetting a month is dropping a table.
 * docs/decisions/0005-growth.md has the reasons.
 */
export class GrowthHistoryPartitions1767225705100 implements MigrationInterface {
  private readonly tables = [
    ['machine_events', 'id'],
    ['apt_planned_packages', 'id'],
    ['apt_applied_packages', 'id'],
    ['job_log_chunks', 'job_id'],
  ] as const;

  async up(queryRunner: QueryRunner): Promise<void> {
    const boundary = lowestId(nextMonth(new Date()));
    for (const [table, column] of this.tables) await partitionByRange(queryRunner, table, column, boundary);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table] of this.tables) await unpartition(queryRunner, table);
  }
}
