import type { DataSource } from 'typeorm';
import { queryOne, queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from './api-client';
import { MachineJobs, type Job } from './machine-jobs';
import { fleet, fleetBeside, type RealMachine } from './real-machines';

interface PlannedJob extends Job {
  readonly requestId: string | null;
}

export interface PlannedPackage {
  readonly operation: string;
  readonly name: string;
  readonly from_version: string | null;
  readonly to_version: string | null;
  readonly origin: string | null;
  readonly security: boolean | null;
  readonly download_bytes: number | null;
  readonly disk_bytes: number | null;
}

/** What tests read of a request and its plan. */
export interface UpgradeRequest {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly executionId: string | null;
  readonly blocked: boolean;
  readonly plan: {
    readonly consequences: readonly { readonly code: string }[];
    readonly checks: readonly { readonly code: string; readonly verdict: string; readonly sentence: string }[];
    readonly details: {
      readonly unreadable: string | null;
      readonly document: { readonly packages: readonly PlannedPackage[] };
    };
  };
}

export interface Applied {
  readonly operation: string;
  readonly name: string;
  readonly to_version: string | null;
}

/** A row of `apt_errors`. */
export interface RunError {
  readonly kind: string;
  readonly message: string;
  readonly lines: readonly string[];
  readonly remediation: string;
}

/** Plans and carries out upgrades of real machines, through the API as people do. */
export class Upgrades {
  private readonly jobs: MachineJobs;

  constructor(
    private readonly api: ApiClient,
    private readonly dataSource: DataSource,
  ) {
    this.jobs = new MachineJobs(api);
  }

  /** The job that plans, once it has ended. */
  async planJob(machineId: string, parameters: object): Promise<PlannedJob> {
    const started = await this.api.post<PlannedJob>(`/machines/${machineId}/actions/apt_upgrade_plan`, { parameters });
    await this.jobs.ended(started);
    return this.api.get<PlannedJob>(`/jobs/${started.id}`);
  }

  /** @throws where there is no plan */
  async plan(machineId: string, parameters: object): Promise<UpgradeRequest> {
    const { status, errorMessage, requestId } = await this.planJob(machineId, parameters);
    expect({ status, errorMessage }).toEqual({ status: 'ok', errorMessage: null });
    return this.request(requestId ?? '');
  }

  request(id: string): Promise<UpgradeRequest> {
    return this.api.get<UpgradeRequest>(`/requests/${id}`);
  }

  /** A job, once it has ended. */
  ended(jobId: string): Promise<Job> {
    return this.jobs.ended({ id: jobId }, 170_000);
  }

  /** Confirms the plan with all that follows from it. @returns the job, once it has ended */
  async run(request: UpgradeRequest): Promise<Job> {
    return this.jobs.ended(await this.confirm(request), 170_000);
  }

  /** The same. @returns the job, as it was queued */
  confirm({ id, planDigest, plan: { consequences } }: UpgradeRequest): Promise<Job> {
    const accepted = consequences.map(({ code }) => code);
    return this.api.post<Job>(`/requests/${id}/confirm`, { digest: planDigest, accepted });
  }

  /** What the run came to, as it is stored. */
  async result({ id }: Job): Promise<Record<string, unknown>> {
    const sql = 'SELECT result_json AS result FROM executions WHERE id = $1';
    const row = await queryOne<{ result: Record<string, unknown> }>(this.dataSource, sql, [id]);
    if (row === null) throw new Error('the run has left no result');
    return row.result;
  }

  applied(executionId: string | null): Promise<Applied[]> {
    return queryRows<Applied>(
      this.dataSource,
      'SELECT operation, name, to_version FROM apt_applied_packages WHERE execution_id = $1 ORDER BY name',
      [executionId],
    );
  }

  errors(executionId: string): Promise<RunError[]> {
    return queryRows<RunError>(
      this.dataSource,
      `SELECT kind, message, important_lines_json->'lines' AS lines, remediation
       FROM apt_errors WHERE execution_id = $1 ORDER BY id`,
      [executionId],
    );
  }
}

/** Puts the machine into these states, with fresh lists. */
export function prepare({ name }: RealMachine, ...states: string[]): void {
  fleet('scenario', name, ...states);
  fleet('exec', name, 'apt-get', '-q', 'update');
}

/** The same beside others. */
export async function prepared({ name }: RealMachine, ...states: readonly string[]): Promise<void> {
  await fleetBeside('scenario', name, ...states);
  await fleetBeside('exec', name, 'apt-get', '-q', 'update');
}

export function versionOf({ name }: RealMachine, packageName: string): string {
  return fleet('exec', name, 'dpkg-query', '-W', '-f', '${Version}', packageName);
}

/** Every package with its state and version, as dpkg has it. */
export function inventoryOf({ name }: RealMachine): string {
  return fleet('exec', name, 'dpkg-query', '-W', '-f', '${db:Status-Abbrev} ${binary:Package} ${Version}\n');
}
