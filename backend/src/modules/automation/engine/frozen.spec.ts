import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import type { StandsStill } from '../../../../test/support/automation-child';
import { startWorkerProcess } from '../../../../test/support/jobs-children';
import { answer, fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { forkTypeScript } from '../../../../test/support/typescript-process';

const NIGHT = new Date('2026-11-26T01:30:00Z');
const support = join(__dirname, '../../../../test/support');

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let child: ChildProcess | undefined;

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
  clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  a = new AutomationProcess(p, clock);
  p.remote.otherwise(() => answer({ look: 'fine' }));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  await p.close();
  await database.drop();
});

/** Its only occurrence, once it is over. */
async function theOnlyOne(scheduleId: string) {
  await until('the occurrence ends', async () => {
    await a.step();
    return (await a.occurrencesOf(scheduleId)).every(({ finishedAt }) => finishedAt !== null);
  });
  const occurrences = await a.occurrencesOf(scheduleId);
  expect(occurrences).toHaveLength(1);
  return occurrences[0];
}

describe('a process that is frozen and thawed', () => {
  it.each<[string, StandsStill]>([
    ['while it writes what has come due', 'firing'],
    ['while it begins the machines', 'beginning'],
  ])(
    '%s has done nothing: another does it, once',
    async (_when, stands) => {
      const id = await a.schedule([await p.machine('one'), await p.machine('two')]);
      const heard: { stands?: boolean; outcome?: string } = {};
      const frozen = forkTypeScript(join(support, 'automation-child.ts'), [database.url, NIGHT.toISOString(), stands]);
      child = frozen;
      frozen.on('message', (message: object) => void Object.assign(heard, message));
      await until('it stands in the middle of it', () => heard.stands === true, 120_000);
      frozen.kill('SIGSTOP');
      clock.at = NIGHT;
      p.work();
      // Its rows are its own until the database gives its silent session up.
      const jobsOf = () => p.count('jobs', 'schedule_id = $1', [id]);
      await until(
        'another has done it',
        async () => {
          await a.step();
          return (await jobsOf()) === 2;
        },
        30_000,
      );
      expect(await theOnlyOne(id)).toMatchObject({ dueAt: NIGHT, status: 'ok', okCount: 2 });
      frozen.kill('SIGCONT');
      frozen.send('go on');
      await until('it is thawed and finds out', () => heard.outcome !== undefined, 30_000);
      await a.step();
      expect(await theOnlyOne(id)).toMatchObject({ status: 'ok', okCount: 2 });
      expect(await jobsOf()).toBe(2);
      expect(await p.count('snapshots')).toBe(2);
    },
    120_000,
  );

  it('while it runs a job of a schedule writes nothing any more once its lease is over: the job has one result', async () => {
    const worker = await startWorkerProcess(database.url);
    child = worker.child;
    const machineId = await p.machine();
    const id = await a.schedule([machineId]);
    clock.at = NIGHT;
    await a.step();
    await until('it runs there', () => worker.began.length === 1, 60_000);
    const jobId = worker.began[0] ?? '';
    worker.child.kill('SIGSTOP');
    await p.expire(jobId);
    p.work();
    // Stopped while it renews, it keeps its rows until the database gives its silent session up.
    expect(await p.ended(jobId, 150_000)).toMatchObject({ status: 'ok', attempt: 2 });
    expect(await theOnlyOne(id)).toMatchObject({ status: 'ok', okCount: 1 });
    worker.child.kill('SIGCONT');
    worker.finish();
    await worker.end('SIGTERM');
    expect(await p.job(jobId)).toMatchObject({ status: 'ok', attempt: 2 });
    expect(await p.count('jobs', 'schedule_id = $1', [id])).toBe(1);
    expect(await p.count('snapshots')).toBe(1);
    expect(await p.count('machine_locks')).toBe(0);
  }, 240_000);
});
