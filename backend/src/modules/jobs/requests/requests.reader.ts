import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts, type Reading } from '../../../kernel/contracts/contracts';
import { unreadable } from '../../../kernel/contracts/document.dto';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { CreatedCursor } from '../../../kernel/http/keyset-page';
import { ACTION_PLAN, REQUEST_PARAMETERS, type ActionPlanDocument } from '../contracts/action-plan';
import type { ActionRequestStatus, JobStatus } from '../entities/jobs.values';
import { say } from '../jobs.sentences';
import { REQUEST_APPROVAL, storedApproval, type ApprovalDocument } from '../rules/approval';
import type { PlanDifference, RequestRecord, RequestWithPlan } from './request-record';

interface RequestRow {
  id: string;
  action: string;
  machine_id: string | null;
  machine_name: string | null;
  machines: number | null;
  left_out: number | null;
  planning: number | null;
  status: ActionRequestStatus;
  overdue: boolean;
  risk: string | null;
  summary: string | null;
  requested_by_type: Actor['type'];
  requested_by_id: string | null;
  requested_by_name: string | null;
  answerable_ids: string[] | null;
  occurrence_id: string | null;
  person_reason: string | null;
  created_at: Date;
  expires_at: Date | null;
  plan_digest: string | null;
  approval_json: unknown;
  approved_at: Date | null;
  approved_by: string | null;
  decided_by_id: string | null;
  decision_reason: string | null;
  plan_job_id: string | null;
  job_id: string | null;
  execution_id: string | null;
  run_status: JobStatus | null;
}

interface RequestWithPlanRow extends RequestRow {
  plan_json: unknown;
  payload_json: unknown;
}

type PreviousRow = Pick<
  RequestWithPlanRow,
  'id' | 'created_at' | 'requested_by_type' | 'requested_by_id' | 'requested_by_name' | 'plan_json'
>;

/** A plan for one machine, of whichever request. */
export type PlanOfMachine = Pick<RequestWithPlan, 'id' | 'action' | 'machineId' | 'createdAt' | 'plan'>;

interface ParametersDocument {
  readonly parameters: Record<string, unknown>;
}

const OVERDUE = `(r.status = 'pending' AND r.expires_at <= $1)`;

/** By what is stored, as the index has it; of those that are stored as waiting, the time decides. */
const HAS_STATUS = `r.status = ANY($2 || CASE WHEN 'expired' = ANY($2) THEN ARRAY['pending'] ELSE '{}' END)
  AND (r.status <> 'pending' OR CASE WHEN ${OVERDUE} THEN 'expired' ELSE 'pending' END = ANY($2))`;

/** What a policy approved and what then never began is no decision of a person. As the index has it. */
const DECIDED = `(r.status IN ('approved', 'executed', 'rejected')
  OR (r.decided_by_id IS NOT NULL AND (r.requested_by_type <> 'schedule' OR r.decided_by_id IS DISTINCT FROM r.requested_by_id)))`;

const COLUMNS = `
  r.id, r.action, r.machine_id, m.name AS machine_name, n.machines, n.left_out, n.planning, r.status, ${OVERDUE} AS overdue, r.risk, r.summary,
  r.requested_by_type, r.requested_by_id, r.requested_by_name, r.answerable_ids, r.occurrence_id, r.person_reason, r.created_at, r.expires_at, r.plan_digest, r.approval_json, r.approved_at,
  r.approved_by, r.decided_by_id, r.decision_reason, t.job_id, COALESCE(t.execution_id, r.execution_id) AS execution_id,
  COALESCE((SELECT j.status FROM jobs j WHERE j.id = t.job_id), (SELECT e.status FROM executions e WHERE e.id = t.execution_id)) AS run_status,
  (SELECT j.id FROM jobs j WHERE j.request_id = r.id AND j.kind <> r.action ORDER BY j.created_at LIMIT 1) AS plan_job_id`;

/** A request of one machine names it; of one of several only the numbers are read. */
const FROM = `
  FROM action_requests r
    LEFT JOIN action_request_targets t ON t.request_id = r.id AND t.machine_id = r.machine_id
    LEFT JOIN machines m ON m.id = r.machine_id
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE x.status <> 'skipped')::int AS machines,
        count(*) FILTER (WHERE x.status = 'skipped')::int AS left_out,
        count(*) FILTER (WHERE x.status = 'pending' AND x.plan_digest IS NULL)::int AS planning
      FROM action_request_targets x WHERE x.request_id = r.id) n ON r.machine_id IS NULL`;

export interface RequestFilter {
  readonly statuses?: readonly ActionRequestStatus[];
  readonly machineId?: string;
  /** True: only what a person decided about, or what was carried out or is to be; false: only the others. */
  readonly decided?: boolean;
}

/** Reads requests for changes. */
@Injectable()
export class RequestsReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly clock: DatabaseClock,
  ) {}

  /** Newest first. */
  async page(filter: RequestFilter, limit: number, after: CreatedCursor | null): Promise<RequestRecord[]> {
    const { statuses, machineId, decided } = filter;
    const sql = `SELECT ${COLUMNS} ${FROM}
      WHERE ($2::text[] IS NULL OR (${HAS_STATUS}))
        AND ($3::uuid IS NULL OR r.id IN (SELECT x.request_id FROM action_request_targets x WHERE x.machine_id = $3))
        ${decided === undefined ? '' : `AND ${decided ? '' : 'NOT '}${DECIDED}`}
        AND ($4::timestamptz IS NULL OR (r.created_at, r.id) < ($4, $5::uuid))
      ORDER BY r.created_at DESC, r.id DESC LIMIT $6`;
    const params = [statuses ?? null, machineId ?? null, after?.createdAt ?? null, after?.id ?? null, limit];
    return this.read(sql, params);
  }

  async byIds(ids: readonly string[]): Promise<RequestRecord[]> {
    if (ids.length === 0) return [];
    const sql = `SELECT ${COLUMNS} ${FROM} WHERE r.id = ANY($2::uuid[])`;
    return this.read(sql, [ids]);
  }

  /**
   * What has changed, or was decided, lately: for a watcher that may have missed it. A plan that is older than a month was
   * decided long ago, or its time is over.
   */
  async changedWithin(ms: number): Promise<RequestRecord[]> {
    const sql = `SELECT ${COLUMNS} ${FROM}
      WHERE r.created_at >= $1::timestamptz - interval '31 days'
        AND (r.status IN ('pending', 'approved')
          OR GREATEST(r.created_at, r.approved_at) >= $1::timestamptz - $2::int * interval '1 millisecond')
      ORDER BY r.created_at DESC LIMIT 200`;
    return this.read(sql, [ms]);
  }

  async find(id: string, manager: EntityManager = this.dataSource.manager): Promise<RequestWithPlan | null> {
    const [found = null] = await this.withPlans([id], manager);
    return found;
  }

  /** In no order. */
  async withPlans(
    ids: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<RequestWithPlan[]> {
    const sql = `SELECT ${COLUMNS}, t.plan_json, r.payload_json ${FROM} WHERE r.id = ANY($2::uuid[])`;
    const rows = await queryRows<RequestWithPlanRow>(manager, sql, [await this.clock.now(manager), ids]);
    return rows.map((row) => this.toRecordWithPlan(row));
  }

  /** The difference to the plan of the same action that was made before on the machine; null without a readable one. */
  async sinceLastPlan({ id, action, machineId, createdAt, plan }: PlanOfMachine): Promise<PlanDifference | null> {
    const row = await queryOne<PreviousRow>(this.dataSource, PREVIOUS, [machineId, action, createdAt, id]);
    const previous = row === null ? null : this.contracts.read<ActionPlanDocument>(ACTION_PLAN.name, row.plan_json);
    if (row === null || previous?.readable !== true || plan === null) return null;
    const before = new Set(previous.document.lines);
    const now = new Set(plan.lines);
    return {
      requestId: row.id,
      createdAt: row.created_at,
      requestedBy: { type: row.requested_by_type, id: row.requested_by_id, name: row.requested_by_name ?? '' },
      same: [...now].filter((line) => before.has(line)).length,
      added: [...now].filter((line) => !before.has(line)),
      missing: [...before].filter((line) => !now.has(line)),
    };
  }

  /** @param values what follows the time, which is $1 */
  private async read(sql: string, values: readonly unknown[]): Promise<RequestRecord[]> {
    const now = await this.clock.now(this.dataSource.manager);
    return (await queryRows<RequestRow>(this.dataSource, sql, [now, ...values])).map((row) => this.toRecord(row));
  }

  /** Null of a request that was made before there were rules. */
  private approvalOf({ approval_json: stored }: RequestRow): Reading<ApprovalDocument> | null {
    return stored === null ? null : this.contracts.read<ApprovalDocument>(REQUEST_APPROVAL.name, stored);
  }

  private toRecordWithPlan(row: RequestWithPlanRow): RequestWithPlan {
    const { payload_json: stored } = row;
    const payload = stored === null ? null : this.contracts.read<ParametersDocument>(REQUEST_PARAMETERS.name, stored);
    const reading = this.contracts.read<ActionPlanDocument>(ACTION_PLAN.name, row.plan_json);
    return {
      ...this.toRecord(row),
      plan: reading.readable ? reading.document : null,
      parameters: payload?.readable === true ? payload.document.parameters : null,
      unreadable: unreadable({
        // The plans of several machines are read one by one.
        [ACTION_PLAN.name]: row.machine_id === null ? null : reading,
        [REQUEST_PARAMETERS.name]: payload,
        [REQUEST_APPROVAL.name]: this.approvalOf(row),
      }),
    };
  }

  private toRecord(row: RequestRow): RequestRecord {
    const approval = this.approvalOf(row);
    return {
      id: row.id,
      action: row.action,
      machineId: row.machine_id,
      machineName: row.machine_name,
      machines: row.machines ?? 1,
      leftOut: row.left_out ?? 0,
      planning: row.planning ?? 0,
      status: row.overdue ? 'expired' : row.status,
      risk: row.risk,
      summary: row.summary,
      requestedBy: { type: row.requested_by_type, id: row.requested_by_id, name: row.requested_by_name ?? '' },
      answerableIds: row.answerable_ids,
      occurrenceId: row.occurrence_id,
      personReason: row.person_reason,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      planDigest: row.plan_digest,
      approval: approval?.readable === true ? storedApproval(approval.document) : null,
      decidedAt: row.approved_at,
      decidedBy: row.approved_by,
      decidedById: row.decided_by_id,
      decisionReason: row.overdue ? say.request_overdue() : row.decision_reason,
      planJobId: row.plan_job_id,
      jobId: row.job_id,
      executionId: row.execution_id,
      runStatus: row.run_status,
    };
  }
}

/** Of requests for this machine alone and of those for several. */
const PREVIOUS = `
  SELECT r.id, r.created_at, r.requested_by_type, r.requested_by_id, r.requested_by_name, t.plan_json
  FROM action_request_targets t JOIN action_requests r ON r.id = t.request_id
  WHERE t.machine_id = $1 AND t.plan_json IS NOT NULL AND r.action = $2 AND (r.created_at, r.id) < ($3, $4::uuid)
  ORDER BY r.created_at DESC, r.id DESC LIMIT 1`;
