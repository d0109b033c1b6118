import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { purgeInBatches } from '../../kernel/retention/purge-steps';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';

@Injectable()
@RetentionRule()
export class ScheduleOccurrencesRetention implements Retention {
  readonly name = 'schedule_occurrences';
  readonly description =
    'Due times of schedules with what became of each machine, and removed schedules with their last one. Those that wait or run stay.';
  readonly defaultDays = 365;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return {
      schedule_occurrences: await purgeInBatches(this.database, OLD_OCCURRENCES, [before], signal),
      schedules: await purgeInBatches(this.database, REMOVED_SCHEDULES, [before], signal),
    };
  }
}

const OLD_OCCURRENCES = `
  DELETE FROM schedule_occurrences WHERE id = ANY (ARRAY(
    SELECT id FROM schedule_occurrences WHERE due_at < $1 AND finished_at IS NOT NULL ORDER BY due_at, id LIMIT $2))`;

const REMOVED_SCHEDULES = `
  DELETE FROM schedules WHERE id = ANY (ARRAY(
    SELECT s.id FROM schedules s WHERE s.deleted_at < $1
       AND NOT EXISTS (SELECT 1 FROM schedule_occurrences o WHERE o.schedule_id = s.id)
     LIMIT $2))`;
