import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, hang, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { addMachines, addNetwork, askAll } from '../../../../test/support/queue-tests';
import { recordStatements } from '../../../../test/support/query-plans';
import { until } from '../../../../test/support/ssh-wait';
import type { Actor } from '../../../kernel/auth/actor';
import { affected } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { Page } from '../../../kernel/http/keyset-page';
import type { JobRecord } from '../job-record';
import { toJob } from '../jobs.mapper';
import { waitingOn, type FleetStanding, type Standing } from './waiting';

const anna: Actor = { type: 'user', id: null, name: 'Anna' };
const now = new Date('2026-03-01T10:00:00Z');
const later = new Date('2026-03-01T11:00:00Z');
const before = { id: 'b', kind: READING, startedAt: now, requestedBy: 'Anna', lockKind: 'apt' };
const calm: FleetStanding = {
  now,
  running: 3,
  concurrency: 10,
  startRate: 50,
  paced: false,
  unlooked: false,
  networks: new Map([
    ['full', { name: 'Office', limit: 2, running: 2 }],
    ['open', { name: 'Lab', limit: 2, running: 1 }],
  ]),
};
const free = { availableAt: null, windowName: null };
const first: Standing = { position: 1, before: null, networkId: null };

describe('why a job waits', () => {
  it.each([
    [
      'for its window',
      { availableAt: later, windowName: 'Nights' },
      { before },
      {},
      { reason: 'window', until: later },
    ],
    [
      'for its next attempt',
      { availableAt: later, windowName: null },
      { before },
      {},
      { reason: 'retry', until: later },
    ],
    [
      'for the job before it',
      free,
      { before, position: 3 },
      { unlooked: true },
      { reason: 'machine', before, position: 3 },
    ],
    ['for a worker', free, { networkId: 'full' }, { unlooked: true }, { reason: 'worker' }],
    [
      'for its network',
      free,
      { networkId: 'full' },
      { running: 10 },
      { reason: 'network', network: 'Office', limit: 2, running: 2 },
    ],
    [
      'for a place',
      free,
      { networkId: 'open' },
      { running: 10, paced: true },
      { reason: 'places', limit: 10, running: 10 },
    ],
    ['for the rate of starts', free, {}, { paced: true }, { reason: 'rate', limit: 50 }],
    ['for a worker with a place', free, { networkId: 'gone' }, {}, { reason: 'places', limit: 10, running: 3 }],
    ['not for a window that is open', { availableAt: now, windowName: 'Nights' }, {}, {}, { reason: 'places' }],
  ] as const)('%s', (_what, job, standing, fleet, expected) => {
    expect(waitingOn(job, { ...first, ...standing }, { ...calm, ...fleet })).toMatchObject(expected);
  });
});

describe('what a waiting job is told', () => {
  let database: TestDatabase;
  const open: JobsProcess[] = [];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    for (const process of open.splice(0)) await process.close();
    await database.drop();
  });

  async function start(): Promise<JobsProcess> {
    const process = await JobsProcess.open(database.url, [fakeAction()]);
    open.push(process);
    return process;
  }

  it('names the job at work on its machine, who started it, and how many go before', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    p.remote.otherwise(hang);
    const working = await p.enqueue(id, { requestedBy: anna });
    p.work();
    await until('it runs', () => p.isRunning(working.id));
    const next = await p.enqueue(id, { parameters: { number: 1 } });
    const last = await p.enqueue(id, { parameters: { number: 2 } });
    const { startedAt } = await p.job(working.id);
    const found = { id: working.id, kind: READING, startedAt, requestedBy: 'Anna', lockKind: 'exclusive' };
    expect((await p.job(next.id)).waitingOn).toMatchObject({ reason: 'machine', before: found, position: 1 });
    expect((await p.job(last.id)).waitingOn).toMatchObject({ reason: 'machine', before: found, position: 2 });
    expect((await p.job(working.id)).waitingOn).toBeNull();
    const dto = toJob(await p.job(last.id), p.registry);
    expect(dto.waitingOn).toMatchObject({
      jobId: working.id,
      title: 'Fake reading',
      by: 'Anna',
      since: startedAt,
      sentence: 'Waits for Fake reading, started by Anna.',
    });
    expect(dto.waitingOn?.said.sentence).toMatchObject([{ code: 'jobs.waits_machine' }]);
    expect(dto.steps.map(({ name, status }) => [name, status])).toEqual([
      ['connect', 'waiting'],
      ['look', 'waiting'],
      ['think', 'waiting'],
      ['store', 'waiting'],
    ]);
  });

  it('names the job that goes before it although nothing runs', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    const handedOut = await p.enqueue(id, { requestedBy: anna });
    const next = await p.enqueue(id, { parameters: { number: 1 } });
    expect(toJob(next, p.registry).waitingOn).toMatchObject({
      reason: 'machine',
      jobId: handedOut.id,
      since: null,
      lockKind: null,
      sentence: 'Waits for Fake reading, asked for by Anna, which goes first.',
    });
  });

  it('says that no worker is there, and that it is once one looks', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    const { id: jobId } = await p.enqueue(id);
    expect((await p.job(jobId)).waitingOn).toMatchObject({ reason: 'worker' });
    await p.rooms.told({ fleet: 7, startRate: 3 });
    expect((await p.job(jobId)).waitingOn).toMatchObject({ reason: 'places', limit: 7, running: 0 });
    await affected(p.dataSource, `UPDATE work_pace SET looked_at = now() - interval '61 seconds'`);
    expect((await p.job(jobId)).waitingOn).toMatchObject({ reason: 'worker' });
  });

  it('says that its network, the fleet or the rate of starts is full', async () => {
    const p = await start();
    const near = await addMachines(p, 2, await addNetwork(p, 1));
    const far = await addMachines(p, 3);
    const nearJobs = await askAll(p, near);
    const farJobs = await askAll(p, far);
    const reasonOf = async (jobId?: string) => (await p.job(jobId ?? '')).waitingOn;
    await p.rooms.told({ fleet: 10, startRate: 50 });
    await p.claims.take('worker', { free: 1, fleet: 10 });
    expect(await reasonOf(nearJobs[1])).toMatchObject({ reason: 'network', limit: 1, running: 1 });
    expect(await reasonOf(farJobs[0])).toMatchObject({ reason: 'places', limit: 10, running: 1 });
    await p.rooms.told({ fleet: 10, startRate: 1 });
    await p.claims.take('worker', { free: 5, fleet: 10, startRate: 1 });
    expect(await reasonOf(farJobs[1])).toMatchObject({ reason: 'rate', limit: 1 });
    await p.rooms.told({ fleet: 2 });
    expect(await reasonOf(farJobs[1])).toMatchObject({ reason: 'places', limit: 2, running: 2 });
  });

  it('says that it waits for another attempt, and until when', async () => {
    const p = await start();
    const [id = ''] = await addMachines(p, 1);
    p.remote.otherwise(() => Promise.reject(new SshError('connection_lost', 'run')));
    p.work();
    const { id: jobId } = await p.enqueue(id);
    await until('it waits again', async () => (await p.job(jobId)).waitingOn?.reason === 'retry');
    const { waitingOn: why, availableAt } = await p.job(jobId);
    expect(why?.until).toEqual(availableAt);
  });

  it('costs one statement, however many wait', async () => {
    const p = await start();
    const held = gate();
    p.remote.otherwise(async () => {
      await held.opened;
      return answer({ look: '' });
    });
    await askAll(p, await addMachines(p, 40));
    const statements = await recordStatements(p.dataSource, () => p.reader.activity());
    // Three lists, the ids of what waits, and one more for what it waits for.
    expect(statements.filter(({ sql }) => sql.includes('jobs j'))).toHaveLength(5);
    expect((await p.reader.activity()).waiting.items.every((job) => job.waitingOn !== null)).toBe(true);
    held.open();
  });

  it('counts all that wait, and reaches each of them once, in the order in which they go', async () => {
    const p = await start();
    const machineIds = await addMachines(p, 7);
    const jobIds = await askAll(p, machineIds);
    const urgent = await p.enqueue(machineIds[0] ?? '', { parameters: { number: 1 }, priority: 5 });
    expect((await p.reader.activity()).counts).toEqual({ running: 0, waiting: 8 });
    const seen: string[] = [];
    for (let cursor: string | undefined = undefined, more = true; more;) {
      const page: Page<JobRecord> = await p.reader.waiting({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      more = cursor !== undefined;
    }
    expect(seen[0]).toBe(urgent.id);
    expect([...seen].sort()).toEqual([urgent.id, ...jobIds].sort());
    const { waiting } = await p.reader.activity();
    expect([waiting.items.map(({ id }) => id), waiting.nextCursor]).toEqual([seen, null]);
    await expect(p.reader.waiting({ limit: 3, cursor: 'nonsense' })).rejects.toMatchObject({ status: 400 });
  });

  it('tells who waits behind a job, in the order in which they go', async () => {
    const p = await start();
    const [one = '', other = ''] = await addMachines(p, 2);
    const head = await p.enqueue(one);
    const second = await p.enqueue(one, { parameters: { number: 1 } });
    const last = await p.enqueue(one, { parameters: { number: 2 }, priority: -5 });
    await p.enqueue(other);
    expect((await p.reader.behind([head.id])).map(({ id }) => id)).toEqual([second.id, last.id]);
  });
});
