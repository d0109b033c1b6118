import { Logger } from '@nestjs/common';
import { fakeAction } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { queryRows } from '../../kernel/database/rows';
import type { ProgressWrite } from './log-rows';
import type { Claim } from './worker/claims';

let database: TestDatabase;
let p: JobsProcess;
let claims: Claim[];
/** Statements that were sent to write lines. */
let sent: string[];

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
  p = await JobsProcess.open(database.url, [fakeAction()]);
  for (const name of ['one', 'two', 'three']) await p.enqueue(await p.machine(name));
  claims = await p.claims.take('worker', { free: 3, fleet: 3 });
  sent = [];
  jest.spyOn(p.dataSource.logger, 'logQuery').mockImplementation((sql) => {
    if (sql.includes('INTO job_log_chunks')) sent.push(sql);
  });
});

afterEach(async () => {
  await p.close();
  await database.drop();
});

function lines(claim: Claim | undefined, ...texts: string[]): ProgressWrite {
  if (claim === undefined) throw new Error('a job is missing');
  const { jobId, fence, lastSeq } = claim;
  const progress = { phase: 'following', step: 'look', steps: [], moved: true };
  return {
    jobId,
    fence,
    lastSeq,
    chunks: [{ stream: 'out', section: 'look', lines: texts }],
    at: new Date(),
    progress,
  };
}

const logOf = async (claim: Claim | undefined): Promise<[number, string][]> =>
  ((await p.logs.read(claim?.jobId ?? '', 0, 100))?.lines ?? []).map(({ seq, text }) => [seq, text]);

it('writes what several jobs say at the same moment by one statement, each numbered by itself', async () => {
  const [one, two, three] = claims;
  const written = [lines(one, 'a', 'b'), lines(two, 'c'), { ...lines(three), chunks: [], logOffset: 7, contact: true }];
  expect(await Promise.all(written.map((write) => p.logs.write(write)))).toEqual([2, 1, 0]);
  expect(sent).toHaveLength(1);
  expect(await logOf(one)).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(await logOf(two)).toEqual([[1, 'c']]);
  expect(await p.job(two?.jobId ?? '')).toMatchObject({ phase: 'following', step: 'look', lastSeq: 1 });
  expect(
    await queryRows(p.dataSource, 'SELECT log_offset, contact_at IS NOT NULL AS heard FROM jobs WHERE id = $1', [
      three?.jobId,
    ]),
  ).toEqual([{ log_offset: '7', heard: true }]);
});

it('writes nothing of a job whose fence is lost, and all of the others', async () => {
  const [one, two] = claims;
  const stale = { ...lines(one, 'too late'), fence: '0' };
  expect(await Promise.all([p.logs.write(stale), p.logs.write(lines(two, 'in time'))])).toEqual([null, 1]);
  expect(await logOf(one)).toEqual([]);
  expect(await logOf(two)).toEqual([[1, 'in time']]);
});

it('lets nobody wait for a row that somebody holds', async () => {
  const [one, two] = claims;
  const { held, release } = await holdJob(one);
  const waiting = p.logs.write(lines(one, 'later'));
  expect(await p.logs.write(lines(two, 'at once'))).toBe(1);
  expect(await logOf(one)).toEqual([]);
  release();
  await held;
  expect(await waiting).toBe(1);
  expect(await logOf(one)).toEqual([[1, 'later']]);
});

it('writes the same lines once although they are given twice', async () => {
  const [one, two] = claims;
  const same = lines(one, 'once');
  const answers = await Promise.all([same, same, lines(two, 'other')].map((write) => p.logs.write(write)));
  expect(answers).toEqual([1, 1, 1]);
  expect(await logOf(one)).toEqual([[1, 'once']]);
});

it('what the database refuses of one job harms no other', async () => {
  const [one, two] = claims;
  const bad = lines(one, 'NUL \u0000');
  const answers = await Promise.allSettled([p.logs.write(bad), p.logs.write(lines(two, 'fine'))]);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(await logOf(two)).toEqual([[1, 'fine']]);
});

/** Somebody else's transaction holds the row until it is told to end. */
async function holdJob(claim: Claim | undefined): Promise<{ held: Promise<void>; release: () => void }> {
  const { promise: letGo, resolve: release } = Promise.withResolvers<undefined>();
  const { promise: locked, resolve: isLocked } = Promise.withResolvers<undefined>();
  const held = p.transactions.run(async (tx) => {
    await queryRows(tx.manager, 'SELECT 1 FROM jobs WHERE id = $1 FOR UPDATE', [claim?.jobId]);
    isLocked(undefined);
    await letGo;
  });
  await locked;
  return { held, release: () => release(undefined) };
}
