import { Injectable } from '@nestjs/common';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../jobs.sentences';

/** A look at a machine that makes what was planned there before old. */
export interface NewerLook {
  /** Name of the change. */
  readonly action: string;
  readonly machineId: string;
  /** The planning job. */
  readonly jobId: string;
}

interface OlderRow {
  readonly id: string;
  readonly own: string | null;
}

/**
 * Of what somebody asked for with an action on a machine one plan at most waits: the newest. Plans of others stay, a nightly one
 * takes nothing from people. An older request for this machine alone expires; one for several
 * goes on without it, and expires where no machine is left.
 */
@Injectable()
export class OlderPlans {
  constructor(private readonly bus: LiveBus) {}

  /** Those of the same asker. The machine's queue must be held: whoever confirms holds it too. */
  async end(tx: Transaction, { action, machineId, jobId }: NewerLook, reason: Sentence): Promise<void> {
    const older = await queryRows<OlderRow>(tx.manager, `${OLDER} AND ${SAME_ASKER}`, [machineId, action, jobId]);
    await this.endAll(tx, older, machineId, reason);
  }

  /** Everything that nobody has decided yet, planned or not, whoever asked for it. The machine's queue must be held. */
  async endAllOf(tx: Transaction, machineId: string, reason: Sentence): Promise<void> {
    const undecided = await queryRows<OlderRow>(tx.manager, UNDECIDED, [machineId]);
    await this.endAll(tx, undecided, machineId, reason, reason);
  }

  /** Those that asked for the very same, whoever did. */
  async endSame(
    tx: Transaction,
    { action, machineId, jobId }: NewerLook,
    parameters: JsonDocument,
    reason: Sentence,
  ): Promise<void> {
    const values = [machineId, action, jobId, parameters];
    const older = await queryRows<OlderRow>(tx.manager, `${OLDER} AND r.payload_json = $4::jsonb`, values);
    await this.endAll(tx, older, machineId, reason);
  }

  private async endAll(
    tx: Transaction,
    older: readonly OlderRow[],
    machineId: string,
    reason: Sentence,
    whereNoneIsLeft: Sentence = say.request_all_replaced(),
  ): Promise<void> {
    if (older.length === 0) return;
    // In one order with the request that the look is for, which its end may hold too.
    const ids = older.map(({ id }) => id);
    await queryRows(tx.manager, HOLD, [[...ids, ...older.flatMap(({ own }) => own ?? [])]]);
    await affected(tx.manager, LEAVE_OUT, [ids, machineId, reason]);
    await affected(tx.manager, EXPIRE, [ids, reason, whereNoneIsLeft]);
    this.bus.changed(tx, { requestIds: ids });
  }
}

/** Those that have a plan; `own` is the request that the look belongs to. */
const OLDER = `
  SELECT r.id, j.request_id AS own FROM action_request_targets t JOIN action_requests r ON r.id = t.request_id
    LEFT JOIN jobs j ON j.id = $3
  WHERE t.machine_id = $1 AND r.action = $2 AND r.status = 'pending' AND t.status = 'pending'
    AND t.plan_digest IS NOT NULL AND r.id IS DISTINCT FROM j.request_id`;

const UNDECIDED = `
  SELECT r.id, NULL AS own FROM action_request_targets t JOIN action_requests r ON r.id = t.request_id
  WHERE t.machine_id = $1 AND r.status = 'pending' AND t.status = 'pending'`;

/** What the program asks for by itself has no id, and counts as a schedule's. */
const SAME_ASKER = `
  r.requested_by_id IS NOT DISTINCT FROM j.requested_by_id
  AND (r.requested_by_type = j.requested_by_type OR j.requested_by_id IS NULL)`;

const HOLD = 'SELECT id FROM action_requests WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE';

const LEAVE_OUT = `
  UPDATE action_request_targets t SET status = CASE WHEN r.machine_id IS NULL THEN 'skipped' ELSE 'expired' END,
    status_reason = CASE WHEN r.machine_id IS NULL THEN $3 END
  FROM action_requests r
  WHERE r.id = ANY($1::uuid[]) AND t.request_id = r.id AND t.machine_id = $2 AND t.status = 'pending'
    AND r.status = 'pending'`;

const EXPIRE = `
  UPDATE action_requests r SET status = 'expired', decision_reason = CASE WHEN r.machine_id IS NULL THEN $3 ELSE $2 END
  WHERE r.id = ANY($1::uuid[]) AND r.status = 'pending' AND NOT EXISTS (
    SELECT 1 FROM action_request_targets t WHERE t.request_id = r.id AND t.status = 'pending')`;
