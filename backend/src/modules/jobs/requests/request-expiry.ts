import { Injectable } from '@nestjs/common';
import { Clock } from '../../../kernel/clock';
import { queryRows } from '../../../kernel/database/rows';
import { TransactionRunner } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import { say } from '../jobs.sentences';

/** Ends requests that nothing will come of any more. */
@Injectable()
export class RequestExpiry {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly bus: LiveBus,
    private readonly clock: Clock,
  ) {}

  /** Plans that nobody confirmed in time, and confirmed ones whose job ended before it began to change the machine. */
  async sweep(): Promise<void> {
    await this.transactions.run(async (tx) => {
      const overdue = await queryRows<{ id: string }>(tx.manager, EXPIRE_OVERDUE, [
        this.clock.now(),
        say.request_overdue(),
      ]);
      const abandoned = await queryRows<{ id: string }>(tx.manager, EXPIRE_ABANDONED, [say.request_abandoned()]);
      this.bus.changed(tx, { requestIds: [...overdue, ...abandoned].map(({ id }) => id) });
    });
  }
}

/** Rows that somebody decides at this moment are left to the next sweep. */
const EXPIRE_OVERDUE = `
  WITH overdue AS (
    SELECT id FROM action_requests WHERE status = 'pending' AND expires_at <= $1 ORDER BY id LIMIT 500
    FOR UPDATE SKIP LOCKED),
  expired AS (
    UPDATE action_requests r SET status = 'expired', decision_reason = $2 FROM overdue WHERE r.id = overdue.id
    RETURNING r.id)
  UPDATE action_request_targets t SET status = 'expired' FROM expired WHERE t.request_id = expired.id
  RETURNING t.request_id AS id`;

const EXPIRE_ABANDONED = `
  WITH abandoned AS (
    SELECT r.id FROM action_requests r JOIN action_request_targets t ON t.request_id = r.id
      JOIN jobs j ON j.id = t.job_id
    WHERE r.status = 'approved' AND t.status = 'pending' AND j.status NOT IN ('queued', 'running')
    ORDER BY r.id LIMIT 500 FOR UPDATE OF r SKIP LOCKED),
  expired AS (
    UPDATE action_requests r SET status = 'expired', decision_reason = COALESCE(decision_reason, $1)
    FROM abandoned WHERE r.id = abandoned.id RETURNING r.id)
  UPDATE action_request_targets t SET status = 'expired', status_reason = $1 FROM expired WHERE t.request_id = expired.id
  RETURNING t.request_id AS id`;
