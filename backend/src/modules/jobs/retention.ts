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
  DELETE FROM action_requests WHERE id IN (
    SELECT r.id FROM action_requests r
     WHERE r.created_at < $1 AND r.status IN ('pending', 'rejected', 'expired') AND (r.status <> 'pending' OR r.expires_at < $1)
       AND NOT EXISTS (SELECT 1 FROM executions e WHERE e.request_id = r.id)
     ORDER BY r.created_at, r.id LIMIT $2)`;
