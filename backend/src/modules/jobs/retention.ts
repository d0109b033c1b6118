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
  readonly description =
    'Jobs that have ended, dead letters too, with what is left of their logs. Waiting and running ones stay.';
  readonly defaultDays = 90;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { jobs: await purgeInBatches(this.database, OLD_JOBS, [before, lowestId(before)], signal) };
  }
}

const OLD_JOBS = `
  DELETE FROM jobs WHERE id = ANY (ARRAY(
    SELECT id FROM jobs WHERE id < $2 AND created_at < $1 AND status NOT IN ('queued', 'running') ORDER BY id LIMIT $3))`;

@Injectable()
@RetentionRule()
export class ActionRequestsRetention implements Retention {
  readonly name = 'action_requests';
  readonly description =
    'Plans that were rejected, or that nobody decided in time. Those that wait stay, and those that were carried out stay with their change.';
  readonly defaultDays = 180;

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    return { action_requests: await purgeInBatches(this.database, OLD_REQUESTS, [before], signal) };
  }
}

const OLD_REQUESTS = `
  DELETE FROM action_requests WHERE id = ANY (ARRAY(
    SELECT r.id FROM unnest(ARRAY['pending', 'rejected', 'expired']) AS decided (status)
     CROSS JOIN LATERAL (
       SELECT id FROM action_requests
        WHERE status = decided.status AND created_at < $1 AND (status <> 'pending' OR expires_at < $1)
          AND NOT EXISTS (SELECT 1 FROM executions WHERE request_id = action_requests.id OFFSET 0)
        ORDER BY created_at LIMIT $2) r
     LIMIT $2))`;
