import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import type { Principal } from '../../../kernel/auth/actor';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import { affected, queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import { Dispatcher } from '../dispatcher';
import type { JobRecord } from '../job-record';
import { JobsService, refusalError } from '../jobs.service';
import { LETTER_IS_OPEN } from './open-letters';
import { refusalToRedrive } from './redrive-refusals';

/** Whoever starts dead letters again. */
export interface Redriver {
  readonly principal: Principal;
  readonly origin: RequestOrigin;
}

/** What became of one dead letter that was to be started again. */
export interface Redriven {
  readonly jobId: string;
  /** Null: there is no such job. */
  readonly machineId: string | null;
  /** The job that runs in its place; null: refused. */
  readonly newJobId: string | null;
  readonly refusal: DomainError | null;
}

interface LetterRow {
  readonly id: string;
  readonly machine_id: string;
  readonly kind: string;
  readonly request_id: string | null;
  readonly payload_json: unknown;
  readonly error_kind: string | null;
  readonly died: boolean;
  readonly open: boolean;
  readonly redriven_as: string | null;
}

/** What is started again alike: one action with the same parameters. */
interface Batch {
  readonly action: string;
  readonly parameters: object;
  readonly letters: LetterRow[];
}

/** Starts jobs again that ended without a result, or dismisses them. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly jobs: JobsService,
    private readonly registry: ActionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Queues a reading job again, with the parameters that it had. Again, it answers with the same job.
   * @throws DomainError 404; 403 `not_permitted`; 409 `not_dead_letter`, `dead_letter_settled`, `plan_needed` for a change,
   *   `parameters_unreadable`, `unknown_action`, or why the machine cannot be worked on
   */
  async redrive(jobId: string, by: Redriver): Promise<JobRecord> {
    return this.transactions.run(async (tx) => {
      const [redriven] = await this.redriveAll(tx, [jobId], by);
      if (redriven?.newJobId == null) throw redriven?.refusal ?? notFound('job');
      return this.jobs.require(redriven.newJobId, tx);
    });
  }

  /** The same for many in one transaction, in their order. What is refused stays as it is. */
  async redriveMany(jobIds: readonly string[], by: Redriver): Promise<Redriven[]> {
    return this.transactions.run((tx) => this.redriveAll(tx, [...new Set(jobIds)], by));
  }

  /** Those of these that are open are so no longer. @returns which */
  async dismiss(jobIds: readonly string[], reason: string | null, origin: RequestOrigin): Promise<string[]> {
    return this.transactions.run(async (tx) => {
      const letters = (await this.held(tx, jobIds)).filter(({ open, died }) => died && open);
      await this.settle(tx, letters, origin);
      await this.note(tx, 'job.dismissed', letters, { reason }, origin);
      return letters.map(({ id }) => id);
    });
  }

  /** What a request had asked for is planned again: its dead letters on these machines have been dealt with. */
  async plannedAgain(
    tx: Transaction,
    requestId: string,
    machineIds: readonly string[],
    origin: RequestOrigin,
  ): Promise<void> {
    const ids = await queryRows<{ id: string }>(tx.manager, OF_REQUEST, [requestId, machineIds]);
    const letters = await this.held(
      tx,
      ids.map(({ id }) => id),
    );
    await this.settle(
      tx,
      letters.filter(({ open, died }) => died && open),
      origin,
    );
  }

  private async redriveAll(tx: Transaction, ids: readonly string[], by: Redriver): Promise<Redriven[]> {
    const letters = new Map((await this.held(tx, ids)).map((letter) => [letter.id, letter]));
    const refusals = new Map<string, DomainError>();
    const batches = this.batches([...letters.values()], by.principal, refusals);
    const queued = new Map<string, string>();
    for (const batch of batches) await this.queue(tx, batch, by, queued, refusals);
    const redriven = [...letters.values()].filter(({ id }) => queued.has(id));
    await this.link(tx, redriven, queued);
    await this.settle(tx, redriven, by.origin);
    await this.note(tx, 'job.redriven', redriven, { refused: ids.length - redriven.length }, by.origin);
    return ids.map((jobId) => {
      const letter = letters.get(jobId);
      const newJobId = queued.get(jobId) ?? letter?.redriven_as ?? null;
      const refusal = newJobId === null ? (refusals.get(jobId) ?? notFound('job')) : null;
      return { jobId, machineId: letter?.machine_id ?? null, newJobId, refusal };
    });
  }

  /** Whatever cannot be started again is put into `refusals`; what was already, into nothing. */
  private batches(
    letters: readonly LetterRow[],
    { role }: Principal,
    refusals: Map<string, DomainError>,
  ): Iterable<Batch> {
    const batches = new Map<string, Batch>();
    for (const letter of letters) {
      if (letter.redriven_as !== null) continue;
      const { id, kind, request_id: requestId, died, open } = letter;
      const action = this.registry.find(kind);
      const parameters = action === undefined ? null : this.parameters(letter);
      const refusal = refusalToRedrive({ kind, requestId, died, open }, action, parameters, role);
      if (refusal !== null || parameters === null) {
        if (refusal !== null) refusals.set(id, refusal);
        continue;
      }
      const key = `${kind} ${canonicalJson(parameters)}`;
      const batch = batches.get(key) ?? { action: kind, parameters, letters: [] };
      batch.letters.push(letter);
      batches.set(key, batch);
    }
    return batches.values();
  }

  /** Null: this program cannot read them, or they are none of its action any more. */
  private parameters({ kind, payload_json }: LetterRow): object | null {
    const stored = this.registry.storedParameters(kind, payload_json);
    if (stored === null) return null;
    try {
      return this.registry.askedParameters(kind, stored);
    } catch (error) {
      if (error instanceof DomainError) return null;
      throw error;
    }
  }

  private async queue(
    tx: Transaction,
    { action, parameters, letters }: Batch,
    { origin }: Redriver,
    queued: Map<string, string>,
    refusals: Map<string, DomainError>,
  ): Promise<void> {
    const byMachine = new Map(letters.map((letter) => [letter.machine_id, letter.id]));
    const machineIds = [...byMachine.keys()];
    const { jobs, skipped } = await this.jobs.enqueueMany({
      action,
      parameters,
      machineIds,
      requestedBy: origin.actor,
    });
    for (const { machineId, jobId } of jobs) queued.set(byMachine.get(machineId) ?? '', jobId);
    for (const refusal of skipped) refusals.set(byMachine.get(refusal.machineId) ?? '', refusalError(refusal));
  }

  private async link(
    tx: Transaction,
    letters: readonly LetterRow[],
    queued: ReadonlyMap<string, string>,
  ): Promise<void> {
    if (letters.length === 0) return;
    const ids = letters.map(({ id }) => id);
    await affected(tx.manager, LINK, [ids.map((id) => queued.get(id)), ids]);
  }

  /** The jobs as they stand, with the queues of their machines held: two who settle one follow each other. */
  private async held(tx: Transaction, ids: readonly string[]): Promise<LetterRow[]> {
    if (ids.length === 0) return [];
    const machines = await queryRows<{ id: string }>(tx.manager, MACHINES, [ids]);
    await this.dispatcher.lockMachines(
      tx,
      machines.map(({ id }) => id),
    );
    return queryRows<LetterRow>(tx.manager, HELD, [ids]);
  }

  private async settle(tx: Transaction, letters: readonly LetterRow[], { actor }: RequestOrigin): Promise<void> {
    if (letters.length === 0) return;
    const ids = letters.map(({ id }) => id);
    await affected(tx.manager, SETTLE, [ids, actor.name]);
    this.bus.changed(tx, { jobIds: ids });
  }

  private async note(
    tx: Transaction,
    action: 'job.redriven' | 'job.dismissed',
    letters: readonly LetterRow[],
    details: Readonly<Record<string, unknown>>,
    origin: RequestOrigin,
  ): Promise<void> {
    if (letters.length === 0) return;
    const only = letters.length === 1 ? letters[0] : undefined;
    const errorKinds = [...new Set(letters.flatMap(({ error_kind }) => error_kind ?? []))];
    await this.audit.record(tx.manager, {
      ...origin,
      action,
      objectType: 'job',
      objectId: only?.id ?? null,
      machineId: only?.machine_id ?? null,
      outcome: 'ok',
      details: { jobs: letters.map(({ id }) => id), errorKinds, ...details },
    });
  }
}

const MACHINES = 'SELECT DISTINCT machine_id AS id FROM jobs WHERE id = ANY($1::uuid[]) AND machine_id IS NOT NULL';

const HELD = `
  SELECT j.id, j.machine_id, j.kind, j.request_id, j.payload_json, j.error_kind, j.died_at IS NOT NULL AS died,
    ${LETTER_IS_OPEN} AS open,
    (SELECT r.id FROM jobs r WHERE r.redrive_of = j.id ORDER BY r.created_at LIMIT 1) AS redriven_as
  FROM jobs j WHERE j.id = ANY($1::uuid[]) AND j.machine_id IS NOT NULL ORDER BY j.id FOR UPDATE OF j`;

const OF_REQUEST = `
  SELECT id FROM jobs
  WHERE request_id = $1 AND machine_id = ANY($2::uuid[]) AND died_at IS NOT NULL AND settled_at IS NULL`;

/** Where the very same job was under way already, it keeps what it was started for. */
const LINK = `
  UPDATE jobs j SET redrive_of = COALESCE(j.redrive_of, t.letter_id)
  FROM unnest($1::uuid[], $2::uuid[]) AS t (job_id, letter_id) WHERE j.id = t.job_id`;

const SETTLE = `
  UPDATE jobs SET settled_at = database_now(), settled_by = $2 WHERE id = ANY($1::uuid[]) AND settled_at IS NULL`;
