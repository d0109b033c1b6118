import { fakeAction, answer, READING } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';

/** What other versions of the program have left in `jobs`. */
describe('stored documents of jobs', () => {
  let database: TestDatabase;
  let p: JobsProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    const upcast = ({ count }: Record<string, unknown>): Record<string, unknown> => ({ number: count, deep: true });
    const older = { schema: { type: 'object', properties: { count: { type: 'integer' } } }, upcast };
    p = await JobsProcess.open(database.url, [fakeAction({ olderParameters: [older] })]);
    p.remote.otherwise(() => answer({ look: 'seen' }));
  });
  afterAll(async () => {
    await p.close();
    await database.drop();
  });

  const set = (id: string, column: string, document: unknown) =>
    p.dataSource.query(`UPDATE jobs SET ${column} = $2 WHERE id = $1`, [id, JSON.stringify(document)]);

  it('are read as they were before documents had a version, and marked when a newer program wrote them', async () => {
    const { id } = await p.enqueue(await p.machine('reader'));
    await set(id, 'steps_json', [
      { name: 'look', status: 'done', startedAt: '2026-01-01T00:00:00.000Z', endedAt: null },
    ]);
    await set(id, 'result_json', { errorAction: 'Look again.', scriptSha256: null });
    expect(await p.job(id)).toMatchObject({
      steps: [{ name: 'look', status: 'done', startedAt: '2026-01-01T00:00:00.000Z' }],
      errorAction: 'Look again.',
      unreadable: [],
    });
    const started = { started_at: '2026-01-01T00:00:00.000Z', ended_at: null };
    await set(id, 'steps_json', { schema_version: 1, steps: [{ name: 'look', status: 'running', ...started }] });
    expect((await p.job(id)).steps).toEqual([
      { name: 'look', status: 'running', startedAt: started.started_at, endedAt: null, percent: null, subject: null },
    ]);
    await set(id, 'steps_json', { schema_version: 3, phases: [] });
    await set(id, 'result_json', { schema_version: 1, summary: 7 });
    expect(await p.job(id)).toMatchObject({
      steps: [],
      errorAction: null,
      unreadable: [
        { contract: 'job_steps', schemaVersion: 3, unreadable: 'newer', document: { schema_version: 3, phases: [] } },
        { contract: 'job_result', schemaVersion: 1, unreadable: 'damaged' },
      ],
    });
    await p.outcomes.write(await p.takeOne('worker'), { kind: 'cancelled' }, { steps: [], result: {} });
  });

  it.each<[string, unknown, object | null]>([
    ['a version before there were versions', { count: 3 }, { number: 3, deep: true }],
    ['an older version', { schema_version: 1, parameters: { count: 4 } }, { number: 4, deep: true }],
    ['this version', { schema_version: 2, parameters: { number: 5, deep: false } }, { number: 5, deep: false }],
    ['a newer version', { schema_version: 3, parameters: {} }, null],
  ])('give a job its parameters in %s, or end it with a reason', async (_what, stored, parameters) => {
    const { id } = await p.enqueue(await p.machine());
    await set(id, 'payload_json', stored);
    const claim = await p.takeOne('worker');
    expect(claim).toMatchObject({ jobId: id, kind: READING, parameters });
    await p.outcomes.write(claim, { kind: 'cancelled' }, { steps: [], result: {} });
  });

  it('end a job that was queued by a newer program, with its reason, and harm no other', async () => {
    const [bad, good] = [await p.enqueue(await p.machine('bad')), await p.enqueue(await p.machine('good'))];
    await set(bad.id, 'payload_json', { schema_version: 9 });
    p.work();
    expect(await p.ended(bad.id)).toMatchObject({
      status: 'error',
      errorKind: 'parameters_unreadable',
      snapshotId: null,
    });
    expect(await p.ended(good.id)).toMatchObject({ status: 'ok' });
  });
});
