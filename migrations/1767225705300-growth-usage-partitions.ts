import type { MigrationInterface, QueryRunner } from 'typeorm';
import { lowestId, nextMonth, partitionByRange, unpartition } from './partitioning';

/** The same for what the agent, Docker and this program itself leave behind day by day. */
export class GrowthUsagePartitions1767225705300 implements MigrationInterface {
  private readonly tables = ['docker_image_events', 'hermes_usage', 'mcp_audit_log', 'system_metrics'] as const;

  async up(queryRunner: QueryRunner): Promise<void> {
    const boundary = lowestId(nextMonth(new Date()));
    for (const table of this.tables) await partitionByRange(queryRunner, table, 'id', boundary);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of this.tables) await unpartition(queryRunner, table);
  }
}
