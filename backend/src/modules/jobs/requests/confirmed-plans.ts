import { Injectable } from '@nestjs/common';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import { affected, queryOne } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import { Contracts } from '../../../kernel/contracts/contracts';
import { ACTION_PLAN, type ActionPlanDocument } from '../contracts/action-plan';
import { ActionRegistry } from '../actions/action-registry';
import { RequestSeals } from './request-seals';

/** What the worker needs of the request that a job carries out. */
export interface ConfirmedPlan {
  readonly requestId: string;
  readonly planLines: readonly string[];
  readonly planDigest: string;
  /** Of the contract `<action>_plan`. */
  readonly details: object;
  /** The request, its plan and the job are what was confirmed. Of anything else nothing may be begun. */
  readonly intact: boolean;
}

interface JobRow {
  readonly request_id: string;
  readonly machine_id: string;
  readonly plan_digest: string | null;
  readonly plan_json: unknown;
  readonly same: boolean;
  readonly kind: string;
  readonly payload_json: unknown;
}

/** Tells the worker what was confirmed, and notes what came of it. */
@Injectable()
export class ConfirmedPlans {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly contracts: Contracts,
    private readonly seals: RequestSeals,
    private readonly registry: ActionRegistry,
    private readonly bus: LiveBus,
  ) {}

  /**
   * The confirmed plan that a job carries out.
   * @throws Error when the job carries out none, or its plan cannot be read: nothing may be changed by a guess
   */
  async forJob(jobId: string): Promise<ConfirmedPlan> {
    return this.transactions.run(async (tx) => {
      const job = await queryOne<JobRow>(tx.manager, OF_JOB, [jobId]);
      const plan = job === null ? null : this.contracts.read<ActionPlanDocument>(ACTION_PLAN.name, job.plan_json);
      if (job?.plan_digest == null || plan?.readable !== true) {
        throw new Error(`Job ${jobId} has no plan that can be read.`);
      }
      const { lines, details, parameters } = plan.document;
      const intact =
        job.same &&
        this.hasParameters(job, parameters) &&
        (await this.seals.approvedFor(tx, job.request_id, job.machine_id));
      return { requestId: job.request_id, planLines: lines, planDigest: job.plan_digest, details, intact };
    });
  }

  /** Notes, in the transaction that ends the job, by which execution the request was carried out. */
  async executed(tx: Transaction, requestId: string, machineId: string, executionId: string): Promise<void> {
    await affected(tx.manager, TARGET_EXECUTED, [requestId, machineId, executionId]);
    // Of several machines that end at the same moment, the second must see the first.
    await queryOne(tx.manager, 'SELECT id FROM action_requests WHERE id = $1 FOR UPDATE', [requestId]);
    await affected(tx.manager, REQUEST_EXECUTED, [requestId, executionId]);
    this.bus.changed(tx, { requestIds: [requestId] });
  }

  private hasParameters({ kind, payload_json }: JobRow, confirmed: Record<string, unknown>): boolean {
    const given = this.registry.storedParameters(kind, payload_json);
    return given !== null && canonicalJson(given) === canonicalJson(this.registry.validParameters(kind, confirmed));
  }
}

/** A job by hand that names a request is none that a confirmation made. */
const OF_JOB = `
  SELECT t.request_id, t.machine_id, t.plan_digest, t.plan_json, j.kind, j.payload_json,
    j.kind = r.action AND j.machine_id = t.machine_id AND j.request_id = t.request_id
      AND r.status IN ('approved', 'executed') AND r.approved_at IS NOT NULL AS same
  FROM action_request_targets t JOIN action_requests r ON r.id = t.request_id JOIN jobs j ON j.id = t.job_id
  WHERE t.job_id = $1`;

const TARGET_EXECUTED = `
  UPDATE action_request_targets SET status = 'executed', execution_id = $3 WHERE request_id = $1 AND machine_id = $2`;

const REQUEST_EXECUTED = `
  UPDATE action_requests SET status = 'executed', execution_id = CASE WHEN machine_id IS NULL THEN NULL ELSE $2::uuid END WHERE id = $1 AND status = 'approved'
    AND NOT EXISTS (SELECT 1 FROM action_request_targets t WHERE t.request_id = $1 AND t.status = 'pending')`;
