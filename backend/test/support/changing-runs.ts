import { Logger } from '@nestjs/common';
import { queryOne } from '../../src/kernel/database/rows';
import { anyPerson } from './deciders';
import { FakeMachines } from './fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from './jobs-fakes';
import { JobsProcess } from './jobs-process';
import { createTestDatabase, type TestDatabase } from './postgres';
import { until } from './ssh-wait';

const STEPS = [
  { name: 'fetch', stoppable: true },
  { name: 'act', stoppable: false },
];

/** Changing runs on machines that are played, and the processes that follow them; on a database of each test's own. */
export class ChangingRuns {
  machines!: FakeMachines;
  private database!: TestDatabase;
  private readonly open: JobsProcess[] = [];

  async begin(): Promise<void> {
    this.database = await createTestDatabase();
    this.machines = new FakeMachines();
  }

  async end(): Promise<void> {
    this.machines.restore();
    for (const process of this.open.splice(0)) await process.close();
    await this.database.drop();
  }

  /** A process without a worker. */
  async start(): Promise<JobsProcess> {
    const process = await JobsProcess.open(this.database.url, [fakeAction(), fakeChange({ steps: STEPS })]);
    process.contracts.register(CHANGE_PLAN_CONTRACT);
    process.detached.machines = this.machines;
    process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
    this.open.push(process);
    return process;
  }

  /** Ends the process that was started first, with its workers. */
  async closeFirst(): Promise<void> {
    await this.open.splice(0, 1)[0]?.close();
  }

  /** @returns the request that the plan of a machine made */
  async planned(p: JobsProcess, machineId: string): Promise<string> {
    const plan = await p.enqueue(machineId, { action: `${CHANGE}_plan` });
    const { requestId } = await p.ended(plan.id);
    if (requestId === null) throw new Error('there is no plan');
    return requestId;
  }

  /** @returns the job that carries the plan out */
  async confirm(p: JobsProcess, requestId: string): Promise<string> {
    const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
    return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
  }

  async confirmed(p: JobsProcess, machineId: string): Promise<string> {
    return this.confirm(p, await this.planned(p, machineId));
  }

  async begun(id: string): Promise<void> {
    await until('the run begins', () => this.machines.runs.has(id));
  }

  async lines(p: JobsProcess, id: string, of = 'out'): Promise<string[]> {
    const found: string[] = [];
    for (let after = 0; ;) {
      const page = (await p.logs.read(id, after, 1000))?.lines ?? [];
      const last = page.at(-1);
      if (last === undefined) return found;
      found.push(...page.filter(({ stream }) => stream === of).map(({ text }) => text));
      after = last.seq;
    }
  }

  async shown(p: JobsProcess, id: string, line: string): Promise<void> {
    await until(`the log shows ${line}`, async () => (await this.lines(p, id)).includes(line));
  }

  /** The database takes no lines until the returned function is called. */
  holdLog(p: JobsProcess): () => void {
    const held = jest.spyOn(p.logs, 'write').mockRejectedValue(new Error('Connection terminated unexpectedly'));
    return () => {
      held.mockRestore();
    };
  }

  async execution(p: JobsProcess, id: string) {
    return queryOne<{ status: string; error_kind: string | null; result_json: unknown }>(
      p.dataSource,
      'SELECT status, error_kind, result_json FROM executions WHERE id = $1',
      [id],
    );
  }

  async fence(p: JobsProcess, id: string): Promise<string | null | undefined> {
    const sql = 'SELECT fence FROM jobs WHERE id = $1';
    return (await queryOne<{ fence: string | null }>(p.dataSource, sql, [id]))?.fence;
  }

  async phase(p: JobsProcess, id: string) {
    return (await p.job(id)).phase;
  }
}

/** Has each test of the file begin with nothing. */
export function changingRuns(): ChangingRuns {
  const runs = new ChangingRuns();
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(() => runs.begin());
  afterEach(() => runs.end());
  return runs;
}
