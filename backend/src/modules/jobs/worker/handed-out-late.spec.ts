import { fakeAction, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines } from '../../../../test/support/queue-tests';
import { affected } from '../../../kernel/database/rows';

let database: TestDatabase;
let p: JobsProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
});
afterAll(async () => {
  await p.close();
  await database.drop();
});

it('the jobs of many machines that may begin from one moment on are all handed out at once, the earliest turn first', async () => {
  const machineIds = await addMachines(p, 450);
  // As a window has it that has just opened. The last machine was asked for first.
  await affected(p.dataSource, HELD, [READING, machineIds]);
  const dispatched = jest.spyOn(p.sweeper, 'dispatch');
  await p.sweeper.sweep();
  expect(await p.count('jobs', `phase = 'dispatched'`)).toBe(450);
  expect(dispatched.mock.calls.flatMap(([ids]) => ids)).toEqual([...machineIds].reverse());
  // Several steps, so that nobody waits for the rows of all of them.
  expect(Math.max(...dispatched.mock.calls.map(([ids]) => ids.length))).toBe(200);
}, 60_000);

const HELD = `
  INSERT INTO jobs (id, kind, machine_id, status, phase, created_at, available_at, timeout_seconds, max_attempts)
  SELECT gen_random_uuid(), $1, id, 'queued', 'waiting', clock_timestamp() - place * interval '1 second',
    clock_timestamp() - interval '1 second', 60, 2
  FROM unnest($2::uuid[]) WITH ORDINALITY AS m (id, place)`;
