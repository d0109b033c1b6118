import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lowestId } from '../../kernel/database/id-times';
import { dropPartitionsBefore, purgeInBatches } from '../../kernel/retention/purge-steps';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';

@Injectable()
@RetentionRule()
export class JobLogsRetention implements Retention {
  readonly name = 'job_logs';
  readonly description = 'The live logs of jobs, by the month in which the job was asked for.';
  readonly defaultDays = 30;
  readonly derivedFrom = 'jobs';

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { job_log_chunks_partitions: await dropPartitionsBefore(this.database, 'job_log_chunks', before, signal) };
  }
}

@Injectable()
@RetentionRule()
export class JobsRetention implements Retention {
  readonly name = 'jobs';
  readonly description = 'Jobs that have ended, with what is left of their logs. Waiting and running ones stay.';
  readonly defaultDays = 90;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { jobs: await purgeInBatches(this.database, OLD_JOBS, [before, lowestId(before)], signal) };
  }
}

const OLD_JOBS = `
  DELETE FROM jobs WHERE id IN (
    SELECT id FROM jobs WHERE id < $2 AND created_at < $1 AND status NOT IN ('queued', 'running') ORDER BY id LIMIT $3)`;
