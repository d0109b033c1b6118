import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { fakeAction } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { affected } from '../../../kernel/database/rows';

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  p = await JobsProcess.open(database.url, [fakeAction()]);
  clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  a = new AutomationProcess(p, clock);
});
afterEach(async () => {
  await affected(p.dataSource, 'DELETE FROM schedules');
  await affected(p.dataSource, 'DELETE FROM machines');
  await p.close();
});

/** Looks once at each of these moments; what was asked of machines is done at once. */
async function lookAt(...moments: string[]): Promise<void> {
  for (const moment of moments) {
    clock.at = new Date(moment);
    await a.step();
    await affected(
      p.dataSource,
      `UPDATE jobs SET status = 'ok', phase = NULL, finished_at = now() WHERE status = 'queued'`,
    );
    await a.step();
  }
}
const fates = async (id: string) =>
  (await a.occurrencesOf(id)).map(({ dueAt, status, errorKind }) => `${dueAt.toISOString()} ${errorKind ?? status}`);
const nextOf = async (id: string) => (await a.reader.find(id))?.nextRunAt?.toISOString();

describe('a clock that was ahead and is right again', () => {
  it('keeps no night from its run, and no schedule silent', async () => {
    const id = await a.schedule([await p.machine()]);
    await lookAt('2026-11-29T12:00:00Z');
    expect(await fates(id)).toHaveLength(4);
    await lookAt('2026-11-25T12:01:00Z');
    expect(await fates(id)).toEqual([]);
    expect(await nextOf(id)).toBe('2026-11-26T01:30:00.000Z');
    await lookAt('2026-11-26T01:30:00Z', '2026-11-27T01:30:00Z');
    expect(await fates(id)).toEqual(['2026-11-26T01:30:00.000Z ok', '2026-11-27T01:30:00.000Z ok']);
  });

  it('runs nothing twice: what was begun too early has run', async () => {
    const id = await a.schedule([await p.machine()]);
    await lookAt('2026-11-28T01:31:00Z', '2026-11-25T12:01:00Z');
    expect(await fates(id)).toEqual(['2026-11-28T01:30:00.000Z ok']);
    await lookAt('2026-11-26T01:30:00Z', '2026-11-27T01:30:00Z', '2026-11-28T01:30:00Z', '2026-11-29T01:30:00Z');
    expect(await fates(id)).toEqual([26, 27, 28, 29].map((day) => `2026-11-${String(day)}T01:30:00.000Z ok`));
    expect(await p.count('jobs', 'schedule_id = $1', [id])).toBe(4);
  });

  it('counts for a schedule that was saved meanwhile, and for a single run', async () => {
    const machine = await p.machine();
    const once = await a.schedule([machine], { cron: '@once', runAt: new Date('2026-11-26T03:00:00Z') });
    clock.at = new Date('2026-12-05T12:00:00Z');
    const saved = await a.schedule([machine]);
    await lookAt('2026-12-05T12:00:05Z');
    expect(await fates(once)).toEqual(['2026-11-26T03:00:00.000Z missed']);
    await lookAt('2026-11-25T12:01:00Z');
    expect([await nextOf(once), await nextOf(saved)]).toEqual(['2026-11-26T03:00:00.000Z', '2026-11-26T01:30:00.000Z']);
    await lookAt('2026-11-26T01:30:00Z', '2026-11-26T03:00:00Z');
    expect([await fates(once), await fates(saved)]).toEqual([
      ['2026-11-26T03:00:00.000Z ok'],
      ['2026-11-26T01:30:00.000Z ok'],
    ]);
  });

  it('changes nothing of what was missed before, nor of a schedule that is off', async () => {
    const [id, off] = [await a.schedule([await p.machine()]), await a.schedule([await p.machine('two')])];
    await lookAt('2026-11-26T12:00:00Z');
    await a.setEnabled(off, false);
    await lookAt('2026-11-28T12:00:00Z', '2026-11-26T12:01:00Z');
    expect(await fates(id)).toEqual(['2026-11-26T01:30:00.000Z missed']);
    expect(await fates(off)).toEqual(['2026-11-26T01:30:00.000Z missed']);
    expect(await nextOf(off)).toBeUndefined();
  });
});
