import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import type { ChangeDeclaration, ChangePlan } from '../actions/change-action';
import {
  ACTION_PLAN,
  planDigest,
  REQUEST_PARAMETERS,
  UNKNOWN_EFFECTS,
  type ActionPlanDocument,
} from '../contracts/action-plan';
import { say } from '../jobs.sentences';
import { SettingsService } from '../../settings/settings.service';
import { approvalDocument, REQUEST_APPROVAL } from '../rules/approval';
import { Approvals } from '../rules/approvals';
import { OlderPlans, type NewerLook } from './older-plans';
import { requesterType } from './request-record';
import { RequestSeals } from './request-seals';

/** A plan that a reading run made, and what it belongs to. */
export interface MadePlan {
  readonly change: Pick<ChangeDeclaration, 'name' | 'validForSeconds'>;
  readonly plan: ChangePlan;
  /** Validated, defaults filled in. */
  readonly parameters: object;
  readonly machineId: string;
  /** The planning job. */
  readonly jobId: string;
  readonly requestedBy: Actor;
}

const DAY_MS = 24 * 60 * 60 * 1000;

interface PlanningJobRow {
  /** The request of several machines that it plans for. */
  readonly request_id: string | null;
  readonly occurrence_id: string | null;
  readonly answerable_ids: string[] | null;
  readonly run_machines: number | null;
}

/** Writes plans as requests that wait for a person, in the transaction that ends the planning job. */
@Injectable()
export class PlanRecorder {
  constructor(
    private readonly contracts: Contracts,
    private readonly approvals: Approvals,
    private readonly seals: RequestSeals,
    private readonly older: OlderPlans,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
    private readonly settings: SettingsService,
  ) {}

  /**
   * Of an action on a machine one plan at most is pending: the newest.
   * @throws ContractError when the plan or its details do not keep to their contracts
   */
  async record(tx: Transaction, made: MadePlan): Promise<void> {
    const { change, plan, machineId, requestedBy } = made;
    const document = this.contracts.document(ACTION_PLAN.name, this.planBody(made));
    const digest = planDigest(plan.lines);
    await this.older.end(tx, { action: change.name, machineId, jobId: made.jobId }, say.request_replaced());
    const job = await this.plannedFor(tx, made.jobId);
    if (job.request_id !== null) {
      await this.recordForMany(tx, job.request_id, made, digest, document);
      return;
    }
    const id = newId();
    const now = await this.clock.now(tx.manager);
    await affected(tx.manager, INSERT_REQUEST, [
      id,
      machineId,
      requesterType(requestedBy.type),
      requestedBy.id,
      requestedBy.name,
      change.name,
      plan.risk,
      plan.summary,
      this.contracts.document(REQUEST_PARAMETERS.name, { parameters: made.parameters }),
      digest,
      now,
      new Date(now.getTime() + (await this.validForMs(tx, made))),
      job.answerable_ids,
      job.occurrence_id,
    ]);
    await affected(tx.manager, INSERT_TARGET, [id, machineId, digest, document]);
    await this.askRules(tx, id, made, job.run_machines ?? 1);
    await this.seals.seal(tx, id);
    await affected(tx.manager, 'UPDATE jobs SET request_id = $2 WHERE id = $1', [made.jobId, id]);
    this.bus.changed(tx, { requestIds: [id], jobIds: [made.jobId], machineIds: [machineId] });
  }

  /** Of a job that plans for a request of several machines. A check that blocks the change leaves the machine out. */
  private async recordForMany(
    tx: Transaction,
    requestId: string,
    made: MadePlan,
    digest: string,
    document: JsonDocument,
  ): Promise<void> {
    const blocked = made.plan.checks.find(({ verdict }) => verdict === 'blocked');
    const status = blocked === undefined ? 'pending' : 'skipped';
    const values = [requestId, made.machineId, made.jobId, digest, document, status, blocked?.sentence ?? null];
    await affected(tx.manager, PLANNED, values);
  }

  /** What a schedule leaves to people is made while they are away: it waits for them, and its digest is held against the machine again. */
  private async validForMs(tx: Transaction, { change, requestedBy: { type, id } }: MadePlan): Promise<number> {
    const ownMs = change.validForSeconds * 1000;
    if (type !== 'schedule' || id === null) return ownMs;
    return Math.max(ownMs, (await this.settings.get('schedules.request_days', tx.manager)) * DAY_MS);
  }

  private async plannedFor(tx: Transaction, jobId: string): Promise<PlanningJobRow> {
    const job = await queryOne<PlanningJobRow>(tx.manager, PLANNING_JOB, [jobId]);
    if (job === null) throw new Error(`The planning job ${jobId} is gone.`);
    return job;
  }

  /** The machine needs none of it any more: a plan that still waits would only drift. */
  async nothingToDo(tx: Transaction, look: NewerLook, parameters: object): Promise<void> {
    const same = this.contracts.document(REQUEST_PARAMETERS.name, { parameters });
    await this.older.endSame(tx, look, same, say.request_needless());
  }

  private async askRules(
    tx: Transaction,
    id: string,
    { change, plan, requestedBy }: MadePlan,
    machines: number,
  ): Promise<void> {
    const known = { machines, effects: plan.effects ?? UNKNOWN_EFFECTS };
    const requester = requesterType(requestedBy.type);
    const asked = { id, action: change.name, risk: plan.risk, requester, ...known };
    const approval = await this.approvals.of(tx.manager, asked);
    const document = this.contracts.document(REQUEST_APPROVAL.name, approvalDocument({ ...approval, ...known }));
    await affected(tx.manager, 'UPDATE action_requests SET approval_json = $2 WHERE id = $1', [id, document]);
  }

  private planBody({ change, plan, parameters }: MadePlan): ActionPlanDocument {
    const { lines, summary, risk, effects, consequences, checks } = plan;
    return {
      parameters: { ...parameters },
      lines: [...new Set(lines)].sort(),
      summary,
      risk,
      effects: effects ?? UNKNOWN_EFFECTS,
      consequences: consequences.map(({ code, sentence }) => ({ code, sentence })),
      checks: checks.map(({ code, verdict, sentence, action }) => ({ code, verdict, sentence, action })),
      details: { ...this.contracts.document(`${change.name}_plan`, plan.details).body },
    };
  }
}

const INSERT_REQUEST = `
  INSERT INTO action_requests (id, machine_id, requested_by_type, requested_by_id, requested_by_name, action, risk, status,
    summary, payload_json, plan_digest, created_at, expires_at, answerable_ids, occurrence_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, $12, $13, $14)`;

const PLANNING_JOB = 'SELECT request_id, occurrence_id, answerable_ids, run_machines FROM jobs WHERE id = $1';

const INSERT_TARGET = `
  INSERT INTO action_request_targets (request_id, machine_id, status, plan_digest, plan_json)
  VALUES ($1, $2, 'pending', $3, $4)`;

const PLANNED = `
  UPDATE action_request_targets SET plan_digest = $4, plan_json = $5, status = $6, status_reason = $7
  WHERE request_id = $1 AND machine_id = $2 AND plan_job_id = $3 AND status = 'pending' AND plan_digest IS NULL
    AND EXISTS (SELECT 1 FROM action_requests r WHERE r.id = $1 AND r.status = 'pending' AND r.seal IS NULL)`;
