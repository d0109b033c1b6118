import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  READING,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { queryOne } from '../../../kernel/database/rows';
import { secretRegistry } from '../../../kernel/logging/secret-registry';

/** As it is held while there is a connection to another machine. */
const FOREIGN = 'Other-machine-77';

let database: TestDatabase;
let machines: FakeMachines;
let p: JobsProcess;
let drop: () => void;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  database = await createTestDatabase();
  machines = new FakeMachines();
  p = await JobsProcess.open(database.url, [fakeAction(), fakeChange()]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  p.detached.machines = machines;
  p.work();
  const drops = [FOREIGN, 'fetched'].map((value) => secretRegistry.register(value));
  drop = () => {
    for (const one of drops) one();
  };
});
afterEach(async () => {
  drop();
  machines.restore();
  await p.close();
  await database.drop();
});

async function log(id: string): Promise<string[]> {
  return ((await p.logs.read(id, 0, 1000))?.lines ?? [])
    .filter(({ stream }) => stream === 'out')
    .map(({ text }) => text);
}

it('a change keeps its result when the machine repeats what is held for another; nothing of that is stored', async () => {
  p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  const plan = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(plan.id);
  if (requestId === null) throw new Error('there is no plan');
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  const { id } = await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson);
  await until('the run begins', () => machines.runs.has(id));
  machines.print(id, `fetched with ${FOREIGN}`);
  machines.end(id);
  expect(await p.ended(id)).toMatchObject({ status: 'ok', errorKind: null });
  const row = await queryOne<{ status: string; result_json: { log: string } }>(
    p.dataSource,
    'SELECT status, result_json FROM executions WHERE id = $1',
    [id],
  );
  // A word that is somebody's password as well is no leak.
  expect(row).toMatchObject({
    status: 'ok',
    result_json: { log: expect.stringContaining('fetched with •••') as string },
  });
  expect(JSON.stringify(row)).not.toContain(FOREIGN);
  expect(await log(id)).toEqual(['fetched with •••']);
});

it('a reading keeps its result as well', async () => {
  p.remote.otherwise((run) => {
    run.onOutput({ section: 'look', stream: 'stdout', text: `fetched ${FOREIGN}\n` });
    return answer({ look: `fetched ${FOREIGN}` });
  });
  const { id } = await p.enqueue(await p.machine());
  expect(await p.ended(id)).toMatchObject({ status: 'ok', errorKind: null });
  const row = await queryOne<{ payload_json: object }>(
    p.dataSource,
    'SELECT payload_json FROM snapshots WHERE source_job_id = $1 AND kind = $2',
    [id, READING],
  );
  expect(row?.payload_json).toMatchObject({ look: 'fetched •••' });
  expect(await log(id)).toEqual(['fetched •••']);
});
