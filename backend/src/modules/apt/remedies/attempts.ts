import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { JobsReader, type EndedJob } from '../../jobs/jobs.reader';
import type { UpgradeParameters } from '../upgrade/upgrade-parameters';
import type { ServiceRestartResult } from '../contracts/service-restart.v1';
import type { PlanName } from '../contracts/apt-update-analyze.v1';
import type { MachineErrorKind } from '../contracts/machine-error-kinds';
import { machineStanding, type Telling } from './machine-verdicts';
import { leftBy, type RunLeft } from './run-left';
import { packageOf, triedAgain, type Attempt, type Choice, type LaterAttempt } from './tried';
import type { Leftover, ErrorStanding, VerifyingAction } from './verification';

/** What met an error. */
export interface Meeting {
  readonly attempt: Attempt;
  /** What each of its errors was about and left, by their class. */
  readonly left: ReadonlyMap<string, readonly Leftover[]>;
}

/** An error, and the action that ended with it. */
export interface MetBy {
  readonly by: string;
  readonly kind: string;
  /** The job that did; null: nobody noted it. */
  readonly jobId: string | null;
}

/** Whether a later one has tried again what met the errors of this class, see {@link triedAgain}. */
export function hasTriedAgain(kind: string, { attempt, left }: Meeting, later: LaterAttempt): boolean {
  const subjects = (left.get(kind) ?? []).map(({ subject }) => subject);
  return triedAgain(kind, attempt, subjects, later);
}

/** Of what the errors of this class left, what those about one package did; of nobody's in particular all. */
export function leftAbout(kind: string, subject: string | null, { left }: Meeting): readonly Leftover[] {
  const all = left.get(kind) ?? [];
  return subject === null ? all : all.filter((one) => one.subject !== null && packageOf(one.subject) === subject);
}

export interface Retrial extends LaterAttempt {
  readonly job: EndedJob;
}

/** More than these are not gone through: each was of another choice, and nobody waits for an answer that long. */
const LIMIT = 50;

/** Runs and plans of apt on a machine as attempts at something. */
@Injectable()
export class Attempts {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly jobs: JobsReader,
  ) {}

  /** The last of this action that had ended by then. */
  async meeting(machineId: string, by: string, at: Date): Promise<Meeting> {
    return this.meetingOf(await this.jobs.lastEnded(machineId, by, at), machineId, by, this.dataSource.manager);
  }

  /** The one that ended with this error, as the transaction sees it; where that was not noted the last of this action. */
  async meetingWith(tx: Transaction, machineId: string, met: MetBy): Promise<Meeting> {
    return this.meetingOf(await this.jobOf(tx, machineId, met), machineId, met.by, tx.manager);
  }

  private jobOf(tx: Transaction, machineId: string, { by, kind, jobId }: MetBy): Promise<EndedJob | null> {
    if (jobId === null) return this.jobs.lastFailed(tx, machineId, by, kind);
    return this.jobs.failed(tx, machineId, by, jobId);
  }

  private async meetingOf(
    job: EndedJob | null,
    machineId: string,
    by: string,
    manager: EntityManager,
  ): Promise<Meeting> {
    if (job === null) return { attempt: { action: by, choice: null }, left: new Map() };
    return { attempt: attemptOf(job, await this.usualMode(machineId, manager)), left: await this.leftBy(job, manager) };
  }

  /** What the job that ended with this error was to restart; empty: nobody knows. */
  async unitsOf(tx: Transaction, machineId: string, met: MetBy): Promise<readonly string[]> {
    const job = await this.jobOf(tx, machineId, met);
    if (job === null) return [];
    const told = await this.resultOf<Pick<ServiceRestartResult, 'units'>>(job, tx.manager);
    const asked = job.parameters?.['units'];
    return told?.units.map(({ unit }) => unit) ?? (Array.isArray(asked) ? (asked as string[]) : []);
  }

  /** With the mode that the machine is upgraded by where none was chosen. */
  async choiceOf(tx: Transaction, machineId: string, { mode, ...asked }: UpgradeParameters): Promise<Choice> {
    return { ...asked, mode: mode ?? (await this.usualMode(machineId, tx.manager)) };
  }

  /** Newest first. */
  async since(machineId: string, actions: readonly VerifyingAction[], since: Date): Promise<Retrial[]> {
    const jobs = await this.jobs.endedSince(machineId, actions, since, LIMIT);
    if (jobs.length === 0) return [];
    const rows = await queryRows<PackageRow>(this.dataSource, PACKAGES, [jobs.map(({ id }) => id)]);
    const usual = await this.usualMode(machineId, this.dataSource.manager);
    return jobs.map((job) => {
      const own = rows.filter(({ execution_id }) => execution_id === job.id);
      const named = (untouched: boolean) =>
        new Set(own.filter((row) => row.untouched === untouched).map(({ name }) => name));
      return { job, ...attemptOf(job, usual), packages: named(false), untouched: named(true) };
    });
  }

  /**
   * Errors of connecting and of restarts: by whatever was tried on the machine since, or signed in there.
   * @param kernel what an analysis since says of the kernel that runs; null: nothing
   */
  async atAll(
    machineId: string,
    kinds: readonly MachineErrorKind[],
    by: string,
    since: Date,
    kernel: Telling | null,
  ): Promise<ErrorStanding[]> {
    const later = await this.jobs.endedSince(machineId, 'any', since, LIMIT);
    const newestFirst = later.toSorted((a, b) => b.finishedAt.getTime() - a.finishedAt.getTime());
    const seen = await queryOne<{ at: Date }>(this.dataSource, SEEN, [machineId, since]);
    return kinds.map((kind) => machineStanding(kind, by, newestFirst, seen?.at ?? null, kernel));
  }

  /** In which mode an upgrade was that named none, see `transaction_usual_mode` of apt-transaction.sh. */
  private async usualMode(machineId: string, manager: EntityManager): Promise<PlanName> {
    const row = await queryOne(manager, PROXMOX, [machineId]);
    return row === null ? 'upgrade_with_new' : 'dist_upgrade';
  }

  private async leftBy(job: EndedJob, manager: EntityManager): Promise<Meeting['left']> {
    const told = await this.resultOf<RunLeft>(job, manager);
    return told === null ? new Map() : leftBy(told);
  }

  private async resultOf<T extends object>({ id, kind }: EndedJob, manager: EntityManager): Promise<T | null> {
    const row = await queryOne<{ stored: unknown }>(manager, RESULT, [id]);
    if (row === null) return null;
    const reading = this.contracts.read<T>(`${kind}_result`, row.stored);
    return reading.readable ? reading.document : null;
  }
}

interface PackageRow {
  readonly execution_id: string;
  readonly name: string;
  readonly untouched: boolean;
}

function attemptOf({ kind, parameters }: EndedJob, usual: PlanName): Attempt {
  if (parameters === null || !('scope' in parameters)) return { action: kind, choice: null };
  const asked = parameters as unknown as UpgradeParameters;
  return { action: kind, choice: { ...asked, mode: asked.mode ?? usual } };
}

const PROXMOX = `SELECT 1 FROM machines WHERE id = $1 AND machine_kind = 'proxmox_host'`;

const SEEN = 'SELECT last_seen_at AS at FROM machines WHERE id = $1 AND last_seen_at > $2';

const RESULT = 'SELECT result_json AS stored FROM executions WHERE id = $1 AND result_json IS NOT NULL';

/** An execution has the id of its job. */
const PACKAGES = `
  SELECT DISTINCT execution_id, name, operation = 'unchanged' AS untouched FROM apt_applied_packages
  WHERE execution_id = ANY($1::uuid[])`;
