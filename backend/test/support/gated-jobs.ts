import { Logger } from '@nestjs/common';
import { newId } from '../../src/kernel/database/ids';
import { affected } from '../../src/kernel/database/rows';
import type { JobRecord } from '../../src/modules/jobs/job-record';
import type { WindowScope } from '../../src/modules/windows/entities/windows.values';
import { anyPerson } from './deciders';
import { FakeMachines } from './fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange, type FakeChangeOptions } from './jobs-fakes';
import { JobsProcess } from './jobs-process';
import { createTestDatabase, type TestDatabase } from './postgres';
import { until } from './ssh-wait';

export const HOUR_MS = 3_600_000;

interface WindowOptions {
  readonly machineId?: string;
  readonly tagId?: string;
  readonly minutes?: number;
  readonly cron?: string;
}

/** The rooms of jobs and windows on a database of each test's own, with a change whose machines are played. */
export class GatedJobs {
  machines!: FakeMachines;
  p!: JobsProcess;
  private database!: TestDatabase;

  async open(change: FakeChangeOptions): Promise<void> {
    this.database = await createTestDatabase();
    this.machines = new FakeMachines();
    await this.start(change);
    this.p.detached.machines = this.machines;
    this.p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  }

  /** Ends the process; another one on the same database has this change, and no worker yet. */
  async reopen(change: FakeChangeOptions): Promise<void> {
    await this.p.close();
    await this.start(change);
  }

  async close(): Promise<void> {
    this.machines.restore();
    await this.p.close();
    await this.database.drop();
  }

  /** A window that opens so many hours from now, once; or by `cron`. */
  async window(hours: number, { machineId, tagId, minutes = 60, cron = '@once' }: WindowOptions = {}) {
    const id = newId();
    const scope: WindowScope = machineId === undefined ? (tagId === undefined ? 'fleet' : 'tag') : 'machine';
    const opensAt = cron === '@once' ? new Date(Date.now() + hours * HOUR_MS) : null;
    const of = [scope, tagId ?? null, machineId ?? null];
    await affected(this.p.dataSource, WINDOW, [id, `in ${String(hours)} h`, ...of, cron, opensAt, minutes]);
    return { id, opensAt };
  }

  /** Windows are others, or the tags of a machine are: as the program hears of it. */
  async changed(machineId: string | null = null): Promise<void> {
    await this.p.transactions.run((tx) => this.p.holds.lookAgain({ machineId }, tx));
  }

  /** @returns the request that the plan of a machine made */
  async planned(machineId: string): Promise<string> {
    const { requestId } = await this.p.ended((await this.p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
    if (requestId === null) throw new Error('there is no plan');
    return requestId;
  }

  async confirm(requestId: string, windowOverride?: string): Promise<JobRecord> {
    const digest = (await this.p.requestsReader.find(requestId))?.planDigest ?? '';
    return this.p.requests.confirm(requestId, { digest, accepted: [], windowOverride }, anyPerson);
  }

  async begun(jobId: string): Promise<void> {
    await until('the run begins', () => this.machines.runs.has(jobId));
  }

  async finish(jobId: string): Promise<JobRecord> {
    await this.begun(jobId);
    this.machines.end(jobId);
    return this.p.ended(jobId);
  }

  /** Ends the time in which the job may begin. */
  async tooLate(jobId: string): Promise<void> {
    const past = `UPDATE jobs SET start_before = clock_timestamp() - interval '1 second' WHERE id = $1`;
    await affected(this.p.dataSource, past, [jobId]);
  }

  private async start(change: FakeChangeOptions): Promise<void> {
    this.p = await JobsProcess.open(this.database.url, [fakeAction(), fakeChange(change)]);
    this.p.contracts.register(CHANGE_PLAN_CONTRACT);
  }
}

/** Has each test of the file begin with nothing. */
export function gatedJobs(change: FakeChangeOptions = { estimateSeconds: 600 }): GatedJobs {
  const gated = new GatedJobs();
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(() => gated.open(change));
  afterEach(() => gated.close());
  return gated;
}

const WINDOW = `
  INSERT INTO maintenance_windows (id, name, scope, tag_id, machine_id, cron, opens_at, timezone, duration_minutes, created_at,
    updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, 'UTC', $8, now(), now())`;
