import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { affected } from '../../../kernel/database/rows';
import { secretRegistry } from '../../../kernel/logging/secret-registry';

const NOON = new Date('2026-11-25T12:00:00Z');
const NIGHT = new Date('2026-11-26T01:30:00Z');

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeAll(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
  clock = new SetClock(NOON);
  a = new AutomationProcess(p, clock);
});
afterAll(async () => {
  await p.close();
  await database.drop();
});
beforeEach(() => {
  clock.at = NOON;
});
afterEach(() => affected(p.dataSource, 'DELETE FROM schedules'));

/** A schedule as it was saved, and something of its row that was valid once and is not any more. */
async function damaged(change: string): Promise<string> {
  const id = await a.schedule([await p.machine()], { name: 'Damaged' });
  await p.dataSource.query(`UPDATE schedules SET ${change} WHERE id = $1`, [id]);
  return id;
}

it.each([
  ['time zone', `timezone = 'Mars/Phobos'`],
  ['cron expression', `cron = 'every night'`],
  ['day', `cron = '0 3 30 2 *'`],
])('of a %s that cannot be read is recorded as such once, and the others run', async (_what, change) => {
  const broken = await damaged(change);
  const fine = await a.schedule([await p.machine()]);
  clock.at = NIGHT;
  expect(await a.scheduler.tick()).toBe(2);
  expect(await a.occurrencesOf(fine)).toMatchObject([{ status: 'queued' }]);
  expect(await a.occurrencesOf(broken)).toMatchObject([
    {
      status: 'error',
      errorKind: 'definition_unreadable',
      dueAt: NIGHT,
      errorMessage: expect.stringContaining('zone') as string,
    },
  ]);
  clock.at = new Date(NIGHT.getTime() + 86_400_000);
  expect(await a.scheduler.tick()).toBe(1);
  expect(await a.occurrencesOf(broken)).toHaveLength(1);
});

it.each([
  ['actions that cannot be read', `actions_json = '{"schema_version": 99}'`],
  ['a name that is a secret in use', `name = 'Night-Secret-42'`],
])('of %s is recorded each time, and the others run', async (_what, change) => {
  const release = secretRegistry.register('Night-Secret-42');
  try {
    const broken = await damaged(change);
    const fine = await a.schedule([await p.machine()]);
    for (const day of [0, 1]) {
      clock.at = new Date(NIGHT.getTime() + day * 86_400_000);
      expect(await a.scheduler.tick()).toBe(2);
    }
    expect(await a.occurrencesOf(fine)).toHaveLength(2);
    const fault = { status: 'error', errorKind: 'definition_unreadable' };
    expect(await a.occurrencesOf(broken)).toMatchObject([fault, fault]);
  } finally {
    release();
  }
});

it('is switched off, but not on; it runs again once it has another time', async () => {
  const id = await damaged(`timezone = 'Mars/Phobos'`);
  clock.at = NIGHT;
  await a.setEnabled(id, false);
  expect(await a.occurrencesOf(id)).toMatchObject([{ errorKind: 'definition_unreadable' }]);
  await expect(a.setEnabled(id, true)).rejects.toMatchObject({ code: 'times_unreadable', status: 409 });
  await a.change(id, [await p.machine()], {});
  expect(await a.reader.find(id)).toMatchObject({ nextRunAt: new Date('2026-11-27T01:30:00Z'), timingProblem: null });
});
