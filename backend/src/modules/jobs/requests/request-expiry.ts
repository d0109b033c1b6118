import { Injectable } from '@nestjs/common';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import { MACHINE_ARCHIVED } from '../archived-work';
import { BulkPlans } from './bulk-plans';
import { say } from '../jobs.sentences';

/** Ends requests that nothing will come of any more. */
@Injectable()
export class RequestExpiry {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly bulk: BulkPlans,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
  ) {}

  /** A job that ended before it had begun: nothing comes of the request on its machine any more. */
  @OnDomainEvent('job_cancelled', 'job_failed')
  async ended({ jobId, payload }: DomainEvent, tx: Transaction): Promise<void> {
    if (jobId == null) return;
    // Of several machines whose jobs end at the same moment, the second must see the first.
    const request = await queryOne<{ id: string }>(tx.manager, HOLD_OF_JOB, [jobId]);
    if (request === null) return;
    const archived = payload?.['errorKind'] === MACHINE_ARCHIVED;
    const reason = archived ? say.request_machine_archived() : say.request_abandoned();
    const expired = await affected(tx.manager, EXPIRE_OF_JOB, [jobId, reason]);
    if (expired === 0) return;
    await affected(tx.manager, CLOSE, [[request.id], reason]);
    this.bus.changed(tx, { requestIds: [request.id] });
  }

  /** Plans that nobody confirmed in time, and confirmed ones whose job ended before it began to change the machine. */
  async sweep(): Promise<void> {
    await this.bulk.sweep();
    await this.transactions.run(async (tx) => {
      const overdue = await queryRows<{ id: string }>(tx.manager, EXPIRE_OVERDUE, [
        await this.clock.now(tx.manager),
        say.request_overdue(),
      ]);
      const abandoned = await queryRows<{ id: string }>(tx.manager, EXPIRE_ABANDONED, [say.request_abandoned()]);
      await affected(tx.manager, CLOSE, [abandoned.map(({ id }) => id), say.request_abandoned()]);
      this.bus.changed(tx, { requestIds: [...overdue, ...abandoned].map(({ id }) => id) });
    });
  }
}

const HOLD_OF_JOB = `
  SELECT r.id FROM action_requests r JOIN action_request_targets t ON t.request_id = r.id
  WHERE t.job_id = $1 AND r.status = 'approved' FOR UPDATE OF r`;

const EXPIRE_OF_JOB = `
  UPDATE action_request_targets SET status = 'expired', status_reason = $2 WHERE job_id = $1 AND status = 'pending'`;

/** Rows that somebody decides at this moment are left to the next sweep. */
const EXPIRE_OVERDUE = `
  WITH overdue AS (
    SELECT id FROM action_requests WHERE status = 'pending' AND expires_at <= $1 ORDER BY id LIMIT 500
    FOR UPDATE SKIP LOCKED),
  expired AS (
    UPDATE action_requests r SET status = 'expired', decision_reason = $2 FROM overdue WHERE r.id = overdue.id
    RETURNING r.id)
  UPDATE action_request_targets t SET status = 'expired' FROM expired
  WHERE t.request_id = expired.id AND t.status = 'pending'
  RETURNING t.request_id AS id`;

/** Machine by machine: of several, the others go on. */
const EXPIRE_ABANDONED = `
  WITH abandoned AS (
    SELECT t.request_id, t.machine_id FROM action_requests r JOIN action_request_targets t ON t.request_id = r.id
      JOIN jobs j ON j.id = t.job_id
    WHERE r.status = 'approved' AND t.status = 'pending' AND j.status NOT IN ('queued', 'running')
    ORDER BY r.id LIMIT 500 FOR UPDATE OF r SKIP LOCKED)
  UPDATE action_request_targets t SET status = 'expired', status_reason = $1 FROM abandoned
  WHERE t.request_id = abandoned.request_id AND t.machine_id = abandoned.machine_id
  RETURNING t.request_id AS id`;

/** Nothing of it is to come: it was carried out where at least one machine was, and has expired where none was. */
const CLOSE = `
  UPDATE action_requests r SET
    status = CASE WHEN EXISTS (
      SELECT 1 FROM action_request_targets t WHERE t.request_id = r.id AND t.status = 'executed') THEN 'executed' ELSE 'expired' END,
    decision_reason = COALESCE(r.decision_reason, $2)
  WHERE r.id = ANY($1::uuid[]) AND r.status = 'approved'
    AND NOT EXISTS (SELECT 1 FROM action_request_targets t WHERE t.request_id = r.id AND t.status = 'pending')`;
