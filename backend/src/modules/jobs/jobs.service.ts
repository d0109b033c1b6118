import { Injectable } from '@nestjs/common';
import type { Actor } from '../../kernel/auth/actor';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { bulkInsert } from '../../kernel/database/bulk-insert';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne } from '../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { ActionRegistry, type AnyDeclaration } from './actions/action-registry';
import { isPlanAction, planActionName } from './actions/plan-action';
import { Dispatcher } from './dispatcher';
import { freeTerms, machineTerms, type MachineTerms } from './gate/machine-terms';
import { StartGate } from './gate/start-gate';
import type { JobStatus } from './entities/jobs.values';
import type { JobRecord } from './job-record';
import { JobsReader } from './jobs.reader';
import { MachineEligibility, type MachineRefusal } from './machine-eligibility';
import { findSame, join } from './same-work';
import { JobHistory } from './worker/job-history';
import { say } from './jobs.sentences';
import { ASKED_BY_SCHEDULE } from './turns';

export interface EnqueueRequest {
  readonly machineId: string;
  readonly action: string;
  readonly parameters?: object | undefined;
  /** Higher first, see `turns.ts`; when absent the action's own, less what is asked for by a schedule. */
  readonly priority?: number | undefined;
  readonly requestedBy: Actor;
  /** The confirmed request that an action of kind `change` carries out; it cannot be started without. Of a planning one: the request of several machines that it plans for. */
  readonly requestId?: string | undefined;
  /** The schedule that it belongs to. */
  readonly scheduleId?: string | undefined;
  /** Of a schedule: the occurrence that it belongs to. */
  readonly occurrenceId?: string | undefined;
  /** Of a schedule: the users who answer for what it asks; null: not known. */
  readonly answerableIds?: readonly string[] | null | undefined;
  /** So many machines it was asked for together: those of the run of a schedule, or of one call. */
  readonly runMachines?: number | undefined;
  /** Of a change: actions that follow it at once, and must end in the same maintenance window. */
  readonly followedBy?: readonly string[] | undefined;
  /** Of a change: why it may begin outside its maintenance window. */
  readonly windowOverride?: string | undefined;
}

export interface EnqueueManyRequest extends Omit<EnqueueRequest, 'machineId'> {
  readonly machineIds: readonly string[];
}

export interface EnqueuedMany {
  readonly jobs: readonly { readonly machineId: string; readonly jobId: string; readonly deduplicated: boolean }[];
  readonly skipped: readonly MachineRefusal[];
}

interface NewJob {
  readonly parameters: JsonDocument;
  readonly priority: number;
  readonly requestedBy: Actor;
  readonly requestId: string | null;
  readonly scheduleId: string | null;
  readonly occurrenceId: string | null;
  readonly answerableIds: readonly string[] | null;
  readonly runMachines: number | null;
}

/** The main door of the room: asks for work on machines, and takes it back. */
@Injectable()
export class JobsService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly registry: ActionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly reader: JobsReader,
    private readonly history: JobHistory,
    private readonly bus: LiveBus,
    private readonly eligibility: MachineEligibility,
    private readonly gate: StartGate,
  ) {}

  /**
   * Queues one action. Called inside a transaction it joins it: job and queue entry exist if and only if that commits.
   * The same reading action with the same parameters that waits or runs already is returned instead; a plan only to whoever asked for it.
   *
   * @throws DomainError 404 (`unknown_action`, `unknown_machine`), 400, 409 `plan_needed` for a change that nobody has
   * confirmed, or 409 with the reason why the machine is refused
   */
  async enqueue(request: EnqueueRequest): Promise<{ job: JobRecord; deduplicated: boolean }> {
    const { machineId, ...rest } = request;
    return this.transactions.run(async (tx) => {
      const { jobs, skipped } = await this.enqueueAll(tx, { ...rest, machineIds: [machineId] });
      const [refused] = skipped;
      if (refused !== undefined) throw refusalError(refused);
      const [queued] = jobs;
      const job = queued === undefined ? null : await this.reader.find(queued.jobId, tx.manager);
      if (queued === undefined || job === null) throw new Error('a job that was just queued is not there');
      return { job, deduplicated: queued.deduplicated };
    });
  }

  /** @throws DomainError 404 when there is no such job */
  async require(jobId: string, tx: Transaction): Promise<JobRecord> {
    const job = await this.reader.find(jobId, tx.manager);
    if (job === null) throw notFound('job');
    return job;
  }

  /** Queues one action on many machines, each once; those that cannot take it are skipped with the reason. */
  async enqueueMany(request: EnqueueManyRequest): Promise<EnqueuedMany> {
    return this.transactions.run((tx) => this.enqueueAll(tx, request));
  }

  /**
   * Ends a waiting job at once; asks a running one to stop.
   * @throws DomainError 404, or 409 `job_already_ended`
   */
  async cancel(jobId: string, by: Actor): Promise<JobRecord> {
    return this.transactions.run(async (tx) => {
      const found = await this.reader.find(jobId, tx.manager);
      if (found === null) throw notFound('job');
      await this.dispatcher.lockMachines(tx, [found.machineId]);
      const job = await queryOne<{ status: JobStatus }>(
        tx.manager,
        'SELECT status FROM jobs WHERE id = $1 FOR UPDATE',
        [jobId],
      );
      if (job?.status === 'queued') await this.cancelQueued(tx, found, by);
      else if (job?.status === 'running') await this.askToStop(tx, jobId, by);
      else throw alreadyEnded();
      const cancelled = await this.reader.find(jobId, tx.manager);
      if (cancelled === null) throw notFound('job');
      return cancelled;
    });
  }

  private async enqueueAll(tx: Transaction, request: EnqueueManyRequest): Promise<EnqueuedMany> {
    const { declaration } = this.registry.require(request.action);
    if (declaration.kind === 'change' && request.requestId === undefined) throw planNeeded(declaration);
    // A schedule has been asked with them before, and what runs was confirmed with them.
    if (declaration.kind === 'read' && request.requestedBy.type !== 'schedule')
      this.registry.askedParameters(request.action, request.parameters ?? {});
    const parameters = this.registry.parametersDocument(request.action, request.parameters ?? {});
    const machineIds = [...new Set(request.machineIds)];
    await this.dispatcher.lockMachines(tx, machineIds);
    const { able, refused } = await this.eligibility.check(tx, machineIds);
    const active = mayBeShared(declaration, request)
      ? await findSame(tx, { kind: declaration.name, machineIds: able, parameters, askedBy: request.requestedBy })
      : new Map<string, string>();
    const fresh = able.filter((id) => !active.has(id));
    const terms = await this.startTerms(tx, declaration, fresh, request);
    const priority = request.priority ?? usualPriority(declaration, request.requestedBy);
    const created = await this.insert(tx, declaration, terms, {
      parameters,
      priority,
      requestedBy: request.requestedBy,
      requestId: request.requestId ?? null,
      scheduleId: request.scheduleId ?? null,
      occurrenceId: request.occurrenceId ?? null,
      answerableIds: request.answerableIds ?? null,
      runMachines: request.runMachines ?? null,
    });
    if (declaration.kind === 'change')
      await affected(tx.manager, VALID_FOR, [[...created.values()], declaration.validForSeconds]);
    await join(tx, [...active.values()], priority, request.requestedBy);
    await this.dispatcher.dispatch(tx, able);
    this.bus.changed(tx, { jobIds: [...created.values()] });
    const jobs = able.flatMap((machineId) => {
      const existing = active.get(machineId);
      const jobId = existing ?? created.get(machineId);
      return jobId === undefined ? [] : [{ machineId, jobId, deduplicated: existing !== undefined }];
    });
    return { jobs, skipped: [...refused, ...terms.flatMap(({ refusal }) => refusal ?? [])] };
  }

  /** When the job may begin on each machine: only a change is bound to maintenance windows. */
  private async startTerms(
    tx: Transaction,
    declaration: AnyDeclaration,
    machineIds: readonly string[],
    { followedBy = [], windowOverride }: EnqueueManyRequest,
  ): Promise<MachineTerms[]> {
    if (declaration.kind === 'read') return machineIds.map((machineId) => freeTerms(machineId));
    if (windowOverride !== undefined) return this.overriddenTerms(tx, machineIds, windowOverride);
    const actions = [declaration, ...followedBy.map((name) => this.registry.require(name).declaration)];
    const wanted = machineIds.map((machineId) => ({ machineId, seconds: null }));
    const standings = await this.gate.standings(tx.manager, wanted, actions, followedBy.length > 0);
    return standings.map((standing) => machineTerms(standing, declaration.title));
  }

  /** Of a machine that no window speaks of none is set aside, and a later one counts as for everybody. */
  private async overriddenTerms(tx: Transaction, machineIds: readonly string[], why: string): Promise<MachineTerms[]> {
    const wanted = machineIds.map((machineId) => ({ machineId, seconds: 0 }));
    const standings = await this.gate.standings(tx.manager, wanted, []);
    return standings.map(({ machineId, windows }) => freeTerms(machineId, windows.length === 0 ? null : why));
  }

  private async insert(
    tx: Transaction,
    declaration: AnyDeclaration,
    machines: readonly MachineTerms[],
    job: NewJob,
  ): Promise<Map<string, string>> {
    const allowed = machines.filter(({ refusal }) => refusal === null);
    const ids = new Map(allowed.map(({ machineId }) => [machineId, newId()]));
    const common = {
      kind: declaration.name,
      status: 'queued',
      phase: 'waiting',
      priority: job.priority,
      timeout_seconds: declaration.timeoutSeconds,
      // What has begun to change a machine is followed to its end, never begun again.
      max_attempts: declaration.kind === 'read' ? declaration.maxAttempts : 1,
      request_id: job.requestId,
      schedule_id: job.scheduleId,
      occurrence_id: job.occurrenceId,
      answerable_ids: job.answerableIds,
      run_machines: job.runMachines,
      requested_by_type: job.requestedBy.type,
      requested_by_id: job.requestedBy.id,
      requested_by_name: job.requestedBy.name,
      payload_json: job.parameters,
    };
    await bulkInsert(
      tx.manager,
      'jobs',
      {
        id: 'uuid',
        machine_id: 'uuid',
        kind: 'text',
        status: 'text',
        phase: 'text',
        priority: 'integer',
        available_at: 'timestamptz',
        start_before: 'timestamptz',
        window_name: 'text',
        window_seconds: 'integer',
        window_override: 'text',
        timeout_seconds: 'integer',
        max_attempts: 'integer',
        request_id: 'uuid',
        schedule_id: 'uuid',
        occurrence_id: 'uuid',
        answerable_ids: 'uuid[]',
        run_machines: 'integer',
        requested_by_type: 'text',
        requested_by_id: 'text',
        requested_by_name: 'text',
        payload_json: 'jsonb',
      },
      allowed.map(({ machineId, terms, seconds, windowOverride }) => ({
        id: ids.get(machineId),
        machine_id: machineId,
        available_at: terms.availableAt,
        start_before: terms.startBefore,
        window_name: terms.windowName,
        window_seconds: seconds,
        window_override: windowOverride,
        ...common,
      })),
      // By the clock that windows, turns and the validity of plans go by.
      { computed: { created_at: 'database_now()' } },
    );
    return ids;
  }

  /** What its last attempt failed by stands in its log: it did not end by that. */
  private async cancelQueued(tx: Transaction, job: JobRecord, by: Actor): Promise<void> {
    await affected(
      tx.manager,
      `UPDATE jobs SET status = 'cancelled', phase = NULL, boss_job_id = NULL, finished_at = database_now(),
         cancel_requested_at = database_now(), cancel_requested_by = $2, error_kind = NULL, error_message = NULL, result_json = NULL
       WHERE id = $1`,
      [job.id, by.name],
    );
    const { id: jobId, machineId, kind } = job;
    await this.history.publish(tx, { jobId, machineId, kind, requestedBy: by }, 'cancelled', null, {});
    await this.dispatcher.dispatch(tx, [machineId]);
    this.history.announce(tx, { jobId, machineId });
  }

  private async askToStop(tx: Transaction, jobId: string, by: Actor): Promise<void> {
    await affected(
      tx.manager,
      `UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, database_now()),
         cancel_requested_by = COALESCE(cancel_requested_by, $2)
       WHERE id = $1`,
      [jobId, by.name],
    );
    this.bus.changed(tx, { jobIds: [jobId], cancelledJobIds: [jobId] });
  }
}

/** A confirmed plan waits no longer than it is valid; where a window limits it, that counts. By the database's clock. */
const VALID_FOR = `
  UPDATE jobs SET start_before = database_now() + make_interval(secs => $2)
  WHERE id = ANY($1::uuid[]) AND start_before IS NULL`;

export function refusalError(refusal: MachineRefusal): DomainError {
  if (refusal.code === 'unknown_machine') return notFound('machine', 'not_found');
  const { code, message: detail, action } = refusal;
  return new DomainError({ code, status: 409, detail, action });
}

/** What plans for a request or a run of a schedule, or carries a request out, is a job of its own. */
function mayBeShared({ kind, name }: AnyDeclaration, { requestId, occurrenceId }: EnqueueManyRequest): boolean {
  return kind === 'read' && requestId === undefined && !(isPlanAction(name) && occurrenceId !== undefined);
}

function usualPriority({ priority = 0 }: AnyDeclaration, by: Actor): number {
  return priority + (by.type === 'schedule' ? ASKED_BY_SCHEDULE : 0);
}

function planNeeded({ name, title }: AnyDeclaration): DomainError {
  return new DomainError({
    code: 'plan_needed',
    status: 409,
    detail: say.plan_needed({ action: title }),
    action: say.plan_needed_action({ name: planActionName(name) }),
  });
}

function alreadyEnded(): DomainError {
  return new DomainError({
    code: 'job_already_ended',
    status: 409,
    detail: say.already_ended(),
  });
}
