import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryRows } from '../../../kernel/database/rows';

let database: TestDatabase;
let machines: FakeMachines;
let p: JobsProcess;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  database = await createTestDatabase();
  machines = new FakeMachines();
  p = await JobsProcess.open(database.url, [fakeAction(), fakeChange({ apart: 'cluster' })]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
});
afterEach(async () => {
  machines.restore();
  await p.close();
  await database.drop();
});

/** A confirmed change whose plan says that the machine is a node of this cluster. @returns its job */
async function confirmed(cluster: string | null): Promise<string> {
  const machineId = await p.machine();
  p.remote.on(machineId, () => answer({ look: ['upgrade a 1 2', ...(cluster === null ? [] : [cluster])].join('\n') }));
  const { requestId } = await p.ended((await p.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
  if (requestId === null) throw new Error('there is no plan');
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
}

const begun = (id: string) => until('the run begins', () => machines.runs.has(id));
const waits = (id: string) => until('it waits', async () => (await p.job(id)).errorKind === 'runs_apart');
/** What waits is looked at again. */
const again = (id: string) =>
  affected(p.dataSource, 'UPDATE jobs SET available_at = clock_timestamp() WHERE id = $1', [id]);

it('of one cluster one machine is changed at a time, others beside it', async () => {
  p.work();
  const first = await confirmed('cluster 1f aa');
  await begun(first);
  const second = await confirmed('cluster 1f aa');
  await waits(second);
  expect(await p.job(second)).toMatchObject({
    status: 'queued',
    errorMessage: 'Fake change: another machine of the same cluster is at it. This one waits until it is done.',
  });
  for (const other of ['cluster 2f aa', null]) await begun(await confirmed(other));
  await again(second);
  await waits(second);
  expect(machines.runs.has(second)).toBe(false);
  machines.end(first);
  expect(await p.ended(first)).toMatchObject({ status: 'ok' });
  await again(second);
  await begun(second);
  machines.end(second);
  expect(await p.ended(second)).toMatchObject({ status: 'ok', errorKind: null, attempt: 1 });
});

it('of several machines that are confirmed at once the first begins, and the next one after it', async () => {
  p.work();
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2\ncluster 1f aa' }));
  const machineIds = [await p.machine(), await p.machine()];
  const id = await p.bulk.ask({ action: CHANGE, machineIds, parameters: {}, requestedBy: systemActor });
  await until('all are planned', async () => (await p.requestsReader.find(id))?.planDigest != null);
  const digest = (await p.requestsReader.find(id))?.planDigest ?? '';
  await p.requests.confirmMany(id, { digest, accepted: [] }, anyPerson);
  await until('one begins', () => machines.runs.size > 0);
  const jobs = await queryRows<{ id: string }>(p.dataSource, 'SELECT id FROM jobs WHERE kind = $1', [CHANGE]);
  const [first = ''] = machines.runs.keys();
  const second = jobs.find((job) => job.id !== first)?.id ?? '';
  await waits(second);
  expect([...machines.runs.keys()]).toEqual([first]);
  machines.end(first);
  await p.ended(first);
  await again(second);
  await begun(second);
  machines.end(second);
});
