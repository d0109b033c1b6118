import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  hang,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';

let database: TestDatabase;
let p: JobsProcess;
const open: JobsProcess[] = [];

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction(), fakeChange()]);
  process.contracts.register(CHANGE_PLAN_CONTRACT);
  process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  open.push(process);
  return process;
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
beforeEach(async () => {
  p = await start();
});
afterEach(async () => {
  for (const process of open.splice(0)) await process.close();
});
afterAll(() => database.drop());

describe('the jobs of one request for several machines', () => {
  async function several(): Promise<{ requestId: string; jobs: string[] }> {
    const machineIds = [await p.machine('a'), await p.machine('b')];
    const asker = { action: CHANGE, machineIds, parameters: {}, requestedBy: anyPerson.actor };
    const planner = await start();
    planner.work();
    const requestId = await planner.bulk.ask(asker);
    const find = () => p.requestsReader.find(requestId);
    await until('all are planned', async () => (await find())?.planDigest != null);
    await open.pop()?.close();
    const digest = (await find())?.planDigest ?? '';
    await p.requests.confirmMany(requestId, { digest, accepted: [] }, anyPerson);
    const rows = await p.dataSource.query<{ job_id: string }[]>(
      'SELECT job_id FROM action_request_targets WHERE request_id = $1 ORDER BY machine_id',
      [requestId],
    );
    return { requestId, jobs: rows.map(({ job_id }) => job_id) };
  }

  it('are cancelled at the same moment, and nothing of the request is left open', async () => {
    const { requestId, jobs } = await several();
    await Promise.all(jobs.map((id) => p.service.cancel(id, systemActor)));
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'expired' });
    expect(await p.count('action_request_targets', `request_id = $1 AND status = 'expired'`, [requestId])).toBe(2);
    p.work();
    await p.ended((await p.enqueue(await p.machine('another'))).id);
    expect(p.detached.machines.runs.size).toBe(0);
  });

  it('end each by itself: one cancelled, one carried out', async () => {
    const { requestId, jobs } = await several();
    const [first = '', second = ''] = jobs;
    await p.service.cancel(first, systemActor);
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'approved' });
    p.work();
    await until('the other begins', () => p.detached.machines.runs.has(second));
    p.detached.machines.end(second);
    expect(await p.ended(second)).toMatchObject({ status: 'ok' });
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'executed' });
    expect(p.detached.machines.runs.has(first)).toBe(false);
  });

  it('leave a machine out whose planning was cancelled', async () => {
    const machineIds = [await p.machine('a'), await p.machine('b')];
    p.remote.on(machineIds[0] ?? '', hang);
    p.work();
    const asker = { action: CHANGE, machineIds, parameters: {}, requestedBy: anyPerson.actor };
    const requestId = await p.bulk.ask(asker);
    const plans = await p.dataSource.query<{ plan_job_id: string; machine_id: string }[]>(
      'SELECT plan_job_id, machine_id FROM action_request_targets WHERE request_id = $1',
      [requestId],
    );
    const slow = plans.find(({ machine_id }) => machine_id === machineIds[0])?.plan_job_id ?? '';
    await until('it is planned', () => p.isRunning(slow));
    await p.service.cancel(slow, systemActor);
    expect(await p.ended(slow)).toMatchObject({ status: 'cancelled' });
    await until('the request is whole', async () => (await p.requestsReader.find(requestId))?.planDigest != null);
    expect(await p.requestsReader.find(requestId)).toMatchObject({ status: 'pending', machines: 1, leftOut: 1 });
  });
});
