import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { bulkInsert } from '../../../kernel/database/bulk-insert';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { invalidInput, notFound } from '../../../kernel/errors/domain-error';
import { OnDomainEvent, type DomainEvent } from '../../../kernel/events/domain-event';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import type { ChangeDeclaration } from '../actions/change-action';
import { isPlanAction, planActionName } from '../actions/plan-action';
import { REQUEST_PARAMETERS } from '../contracts/action-plan';
import { say } from '../jobs.sentences';
import { JobsService } from '../jobs.service';
import { approvalDocument, REQUEST_APPROVAL } from '../rules/approval';
import { Approvals } from '../rules/approvals';
import { requesterType } from './request-record';
import { RequestSeals } from './request-seals';
import { plannedOf, RequestTargets, type RequestTarget } from './request-targets';
import { effectsOfAll, riskOfAll, targetsDigest, type PlannedTarget } from './several-machines';

export interface BulkRequest {
  /** Name of a change. */
  readonly action: string;
  readonly machineIds: readonly string[];
  readonly parameters: object;
  readonly requestedBy: Actor;
}

interface OpenRow {
  readonly id: string;
  readonly action: string;
  readonly requested_by_type: Actor['type'];
}

/**
 * One request for one change on several machines: each is planned by a job of its own, and when the last of them has ended the
 * request is whole. Until then nobody can confirm it, and from then on nothing of it changes any more.
 */
@Injectable()
export class BulkPlans {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly registry: ActionRegistry,
    private readonly jobs: JobsService,
    private readonly targets: RequestTargets,
    private readonly approvals: Approvals,
    private readonly seals: RequestSeals,
    private readonly contracts: Contracts,
    private readonly bus: LiveBus,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Machines that nothing can be planned on are left out, with the reason.
   * @returns the id of the request
   * @throws DomainError 404 `unknown_action`; 400 for parameters that the action does not take, and machines that there are not
   */
  async ask({ action, machineIds, parameters, requestedBy }: BulkRequest): Promise<string> {
    const change = this.change(action);
    const valid = this.registry.askedParameters(action, parameters);
    return this.transactions.run(async (tx) => {
      const id = newId();
      const ids = [...new Set(machineIds)];
      await this.insert(tx, id, change, valid, ids, requestedBy);
      const planned = { action: planActionName(action), parameters: valid, machineIds: ids, requestedBy };
      const { jobs, skipped } = await this.jobs.enqueueMany({ ...planned, requestId: id });
      for (const { machineId, message } of skipped) await this.leaveOut(tx, id, machineId, message);
      await affected(tx.manager, PLANNED_BY, [id, jobs.map((job) => job.machineId), jobs.map(({ jobId }) => jobId)]);
      await this.complete(tx, id);
      return id;
    });
  }

  /** A planning job has ended: what made no plan is left out with the reason, and the last one makes the request whole. */
  @OnDomainEvent('job_finished', 'job_failed', 'job_cancelled')
  async planningEnded({ jobId, machineId, message, payload }: DomainEvent, tx: Transaction): Promise<void> {
    if (jobId === null || jobId === undefined || machineId === null) return;
    // Of most jobs the kind says that no request waits for them, and nobody has to be asked.
    if (typeof payload?.['kind'] === 'string' && !isPlanAction(payload['kind'])) return;
    const open = await queryOne<{ id: string }>(tx.manager, OPEN_OF_JOB, [jobId]);
    if (open === null) return;
    await this.leaveOut(tx, open.id, machineId, message);
    await this.complete(tx, open.id);
  }

  /** Requests whose planning jobs are gone, as with the last machine that was purged. */
  async sweep(): Promise<void> {
    const stuck = await this.transactions.run((tx) => queryRows<{ id: string }>(tx.manager, STUCK));
    for (const { id } of stuck) {
      await this.transactions.run(async (tx) => {
        await affected(tx.manager, LEAVE_OUT_REST, [id, say.request_unplanned()]);
        await this.complete(tx, id);
      });
    }
  }

  private change(action: string): ChangeDeclaration {
    const change = this.registry.findChange(action);
    if (change === undefined) throw notFound('action', 'unknown_action');
    return change.declaration;
  }

  private async insert(
    tx: Transaction,
    id: string,
    change: ChangeDeclaration,
    parameters: object,
    machineIds: readonly string[],
    { type, id: askerId, name }: Actor,
  ): Promise<void> {
    const known = await queryRows<{ id: string }>(tx.manager, 'SELECT id FROM machines WHERE id = ANY($1::uuid[])', [
      machineIds,
    ]);
    if (known.length < machineIds.length) {
      throw invalidInput([{ field: 'machineIds', message: say.unknown_machine() }]);
    }
    const document = this.contracts.document(REQUEST_PARAMETERS.name, { parameters });
    const values = [id, requesterType(type), askerId, name, change.name, document, await this.clock.now(tx.manager)];
    await affected(tx.manager, INSERT_REQUEST, values);
    const rows = machineIds.map((machineId) => ({ request_id: id, machine_id: machineId, status: 'pending' }));
    const columns = { request_id: 'uuid', machine_id: 'uuid', status: 'text' } as const;
    await bulkInsert(tx.manager, 'action_request_targets', columns, rows);
    this.bus.changed(tx, { requestIds: [id] });
  }

  /** Nothing happens to one that has its plan. */
  private async leaveOut(tx: Transaction, id: string, machineId: string, reason: string): Promise<void> {
    await affected(tx.manager, LEAVE_OUT, [id, machineId, reason]);
    this.bus.changed(tx, { requestIds: [id] });
  }

  /** Makes the request whole when no machine is planned any more. Whoever comes second finds it so. */
  private async complete(tx: Transaction, id: string): Promise<void> {
    const request = await queryOne<OpenRow>(tx.manager, HOLD_OPEN, [id]);
    if (request === null) return;
    // Plans are large, and each job that ends comes by here: all are read by the last alone.
    if ((await queryOne(tx.manager, STILL_PLANNED, [id])) !== null) return;
    const all = await this.targets.of(id, tx.manager);
    const planned = plannedOf(all.filter(({ status }) => status === 'pending'));
    if (planned.length === 0) await affected(tx.manager, NOTHING_LEFT, [id, say.request_nothing_left()]);
    else await this.finish(tx, request, planned, all);
    this.bus.changed(tx, { requestIds: [id] });
  }

  private async finish(
    tx: Transaction,
    { id, action, requested_by_type }: OpenRow,
    planned: readonly PlannedTarget[],
    all: readonly RequestTarget[],
  ): Promise<void> {
    const known = { machines: planned.length, effects: effectsOfAll(planned) };
    const risk = riskOfAll(planned);
    const requester = requesterType(requested_by_type);
    const approval = await this.approvals.of(tx.manager, { id, action, risk, requester, ...known });
    const { validForSeconds } = this.change(action);
    const summary = say.request_of_many({ machines: planned.length, left: all.length - planned.length });
    await affected(tx.manager, COMPLETE, [
      id,
      risk,
      summary,
      targetsDigest(planned),
      this.contracts.document(REQUEST_APPROVAL.name, approvalDocument({ ...approval, ...known })),
      new Date((await this.clock.now(tx.manager)).getTime() + validForSeconds * 1000),
    ]);
    await this.seals.seal(tx, id);
  }
}

const INSERT_REQUEST = `
  INSERT INTO action_requests (id, requested_by_type, requested_by_id, requested_by_name, action, status, payload_json, created_at)
  VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7)`;

const PLANNED_BY = `
  UPDATE action_request_targets t SET plan_job_id = p.job_id
  FROM unnest($2::uuid[], $3::uuid[]) AS p (machine_id, job_id) WHERE t.request_id = $1 AND t.machine_id = p.machine_id`;

/** What is whole is sealed; what was decided is not touched any more. */
const OPEN = `r.status = 'pending' AND r.seal IS NULL AND r.machine_id IS NULL`;

const OPEN_OF_JOB = `
  SELECT r.id FROM jobs j JOIN action_requests r ON r.id = j.request_id WHERE j.id = $1 AND j.kind <> r.action AND ${OPEN}`;

const HOLD_OPEN = `SELECT r.id, r.action, r.requested_by_type FROM action_requests r WHERE r.id = $1 AND ${OPEN} FOR UPDATE`;

const STILL_PLANNED = `
  SELECT 1 FROM action_request_targets WHERE request_id = $1 AND status = 'pending' AND plan_digest IS NULL LIMIT 1`;

const LEAVE_OUT = `
  UPDATE action_request_targets SET status = 'skipped', status_reason = $3
  WHERE request_id = $1 AND machine_id = $2 AND status = 'pending' AND plan_digest IS NULL`;

const LEAVE_OUT_REST = `
  UPDATE action_request_targets SET status = 'skipped', status_reason = $2
  WHERE request_id = $1 AND status = 'pending' AND plan_digest IS NULL`;

const STUCK = `
  SELECT r.id FROM action_requests r
  WHERE ${OPEN} AND NOT EXISTS (
    SELECT 1 FROM action_request_targets t JOIN jobs j ON j.id = t.plan_job_id
    WHERE t.request_id = r.id AND j.status IN ('queued', 'running'))
  ORDER BY r.id LIMIT 100`;

const NOTHING_LEFT = `UPDATE action_requests SET status = 'expired', decision_reason = $2 WHERE id = $1`;

const COMPLETE = `
  UPDATE action_requests SET risk = $2, summary = $3, plan_digest = $4, approval_json = $5, expires_at = $6 WHERE id = $1`;
