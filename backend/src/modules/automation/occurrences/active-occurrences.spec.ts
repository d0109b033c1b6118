import { AutomationProcess } from '../../../../test/support/automation-process';
import { fakeAction, hang } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { affected } from '../../../kernel/database/rows';
import { ActiveOccurrences } from './active-occurrences';

const MACHINES = 5;
const AT_A_TIME = 2;

describe('the runs of schedules that go on', () => {
  let database: TestDatabase;
  let p: JobsProcess;
  let a: AutomationProcess;
  let active: ActiveOccurrences;

  beforeAll(async () => {
    database = await createTestDatabase();
    p = await JobsProcess.open(database.url, [fakeAction()]);
    a = new AutomationProcess(p, p.shared);
    active = new ActiveOccurrences(p.dataSource, p.contracts);
    p.remote.otherwise(hang);
  });
  afterAll(async () => {
    await p.close();
    await database.drop();
  });

  it('say how many machines are at work, and how many of the others wait for a place or for their window', async () => {
    const machineIds = await Promise.all(Array.from({ length: MACHINES }, () => p.machine()));
    const scheduleId = await a.schedule(machineIds, { concurrency: AT_A_TIME, enabled: false });
    expect(await active.list()).toEqual([]);
    const { id } = await a.runNow(scheduleId);
    expect(await active.list()).toMatchObject([{ id, status: 'queued', waitingCount: null, concurrency: AT_A_TIME }]);
    p.work();
    await until('two are at work', async () => {
      await a.step();
      return (await active.list())[0]?.runningCount === AT_A_TIME;
    });
    const counts = { waitingCount: MACHINES - AT_A_TIME, concurrency: AT_A_TIME, heldCount: 0 };
    expect(await active.list()).toMatchObject([{ id, scheduleId, ...counts }]);
    // The run keeps to what its schedule said when it was due.
    await a.change(scheduleId, machineIds, { concurrency: 4, enabled: false });
    await affected(p.dataSource, HOLD_ONE, [id]);
    expect(await active.list()).toMatchObject([{ ...counts, heldCount: 1 }]);
    await p.dataSource.query(`UPDATE schedule_occurrences SET definition_json = '{"schema_version": 99}'`);
    expect(await active.list()).toMatchObject([{ ...counts, concurrency: null, heldCount: 1 }]);
    await affected(p.dataSource, `UPDATE schedule_occurrences SET status = 'ok', finished_at = now()`);
    expect(await active.list()).toEqual([]);
  });
});

const HOLD_ONE = `
  UPDATE schedule_occurrence_targets SET resume_at = now() + interval '1 hour'
  WHERE occurrence_id = $1 AND machine_id = (
    SELECT machine_id FROM schedule_occurrence_targets WHERE occurrence_id = $1 AND status = 'queued' LIMIT 1)`;
