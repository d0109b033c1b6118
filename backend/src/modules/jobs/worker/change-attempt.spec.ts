import { anyPerson } from '../../../../test/support/deciders';
import { Logger } from '@nestjs/common';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { originOf } from '../../../kernel/audit/request-origin';
import { systemActor } from '../../../kernel/auth/actor';
import { queryOne } from '../../../kernel/database/rows';

let database: TestDatabase;
let machines: FakeMachines;
const open: JobsProcess[] = [];

beforeAll(() => {
  Logger.overrideLogger(false);
});

beforeEach(async () => {
  database = await createTestDatabase();
  machines = new FakeMachines();
});

afterEach(async () => {
  machines.restore();
  for (const process of open.splice(0)) await process.close();
  await database.drop();
});

async function start(): Promise<JobsProcess> {
  const change = fakeChange({
    steps: [
      { name: 'fetch', stoppable: true },
      { name: 'act', stoppable: false },
    ],
  });
  const process = await JobsProcess.open(database.url, [fakeAction(), change]);
  process.contracts.register(CHANGE_PLAN_CONTRACT);
  process.detached.machines = machines;
  process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  open.push(process);
  return process;
}

async function planned(p: JobsProcess, machineId: string): Promise<string> {
  const plan = await p.enqueue(machineId, { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(plan.id);
  if (requestId === null) throw new Error('there is no plan');
  return requestId;
}

/** @returns the job that carries the plan out */
async function confirm(p: JobsProcess, requestId: string): Promise<string> {
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
}

const confirmed = async (p: JobsProcess, machineId: string): Promise<string> => confirm(p, await planned(p, machineId));

const begun = (id: string) => until('the run begins', () => machines.runs.has(id));
async function lines(p: JobsProcess, id: string, of = 'out'): Promise<string[]> {
  const found: string[] = [];
  for (let after = 0; ;) {
    const page = (await p.logs.read(id, after, 1000))?.lines ?? [];
    const last = page.at(-1);
    if (last === undefined) return found;
    found.push(...page.filter(({ stream }) => stream === of).map(({ text }) => text));
    after = last.seq;
  }
}
/** The database takes no lines until the returned function is called. */
function holdLog(p: JobsProcess): () => void {
  const held = jest.spyOn(p.logs, 'write').mockRejectedValue(new Error('Connection terminated unexpectedly'));
  return () => {
    held.mockRestore();
  };
}
const shown = (p: JobsProcess, id: string, line: string) =>
  until(`the log shows ${line}`, async () => (await lines(p, id)).includes(line));
const execution = (p: JobsProcess, id: string) =>
  queryOne<{ status: string; error_kind: string | null; result_json: unknown }>(
    p.dataSource,
    'SELECT status, error_kind, result_json FROM executions WHERE id = $1',
    [id],
  );
const fence = async (p: JobsProcess, id: string) =>
  (await queryOne<{ fence: string | null }>(p.dataSource, 'SELECT fence FROM jobs WHERE id = $1', [id]))?.fence;
const phase = async (p: JobsProcess, id: string) => (await p.job(id)).phase;

describe('a changing run', () => {
  it('is started, followed, collected and stored with its execution and request', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    const id = await confirmed(p, machineId);
    await begun(id);
    for (const line of ['step fetch', 'fetched', 'step act', 'acted']) machines.print(id, line);
    await shown(p, id, 'acted');
    expect(await p.job(id)).toMatchObject({ status: 'running', phase: 'following', step: 'act' });
    expect(await execution(p, id)).toMatchObject({ status: 'running' });
    machines.end(id);
    const job = await p.ended(id);
    expect(job).toMatchObject({ status: 'ok', attempt: 1 });
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'connect done',
      'fetch done',
      'act done',
      'store done',
    ]);
    expect(await execution(p, id)).toMatchObject({ status: 'ok', error_kind: null });
    const row = await queryOne<{ log_offset: string }>(p.dataSource, 'SELECT log_offset FROM jobs WHERE id = $1', [id]);
    expect(Number(row?.log_offset)).toBe('step fetch\nfetched\nstep act\nacted\n'.length);
    expect(await p.count('action_requests', `status = 'executed' AND execution_id = $1`, [id])).toBe(1);
    expect(await p.count('machine_locks')).toBe(0);
    expect(p.events.published.at(-1)).toMatchObject({ type: 'job_finished', executionId: id });
  });

  it('is unknown while the machine is out of reach, and goes on where it stood', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    const id = await confirmed(p, machineId);
    await begun(id);
    machines.print(id, 'step act');
    machines.print(id, 'one');
    await shown(p, id, 'one');
    machines.cut();
    await until('it is unknown', async () => (await phase(p, id)) === 'reconciling');
    machines.print(id, 'two');
    machines.end(id);
    expect(await p.job(id)).toMatchObject({ status: 'running', step: 'act' });
    machines.restore();
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await lines(p, id)).toEqual(['one', 'two']);
    expect(machines.run(id).starts).toBe(1);
  });

  it('has its whole log stored, however long it is', async () => {
    const p = await start();
    p.work();
    const id = await confirmed(p, await p.machine());
    await begun(id);
    const printed = Array.from({ length: 22_000 }, (_, n) => `line ${String(n)} ${'x'.repeat(60)}`);
    printed.splice(100, 0, 'y'.repeat(60_000));
    machines.run(id).lines.push(...printed);
    machines.end(id);
    expect(await p.ended(id, 60_000)).toMatchObject({ status: 'ok' });
    expect(await lines(p, id)).toEqual(printed);
    const sealed: string[] = [];
    for await (const portion of p.logs.texts(id)) sealed.push(...portion);
    expect(sealed.filter((line) => /^(line|y)/.test(line))).toEqual(printed);
  }, 90_000);

  it('that prints more lines than are kept has beginning and end stored, and is told by its end', async () => {
    const p = await start();
    p.work();
    const id = await confirmed(p, await p.machine());
    await begun(id);
    const run = machines.run(id);
    run.lines = ['the first', ...Array.from({ length: 230_000 }, () => '-'), 'why it fails'];
    run.exitCode = 100;
    machines.end(id);
    await p.ended(id, 60_000);
    const { log } = (await execution(p, id))?.result_json as { log: string };
    const told = log.match(/the first|Left out here: \d+ lines|why it fails/g);
    expect(told).toEqual(['the first', expect.stringMatching(/: 1000\d lines$/), 'why it fails']);
    const row = await queryOne<{ log_offset: string; last_seq: string }>(
      p.dataSource,
      'SELECT log_offset, last_seq FROM jobs WHERE id = $1',
      [id],
    );
    expect(Number(row?.log_offset)).toBe(run.lines.join('\n').length + 1);
    expect(Number(row?.last_seq)).toBeLessThan(220_020);
    expect(await p.count('job_log_chunks', 'job_id = $1', [id])).toBeLessThan(500);
  }, 90_000);

  it.each([
    ['failed is told by its whole log, though its machine gives only the end', 100, true],
    ['went well is not read again', 0, false],
  ])('that %s', async (_name, exitCode, whole) => {
    const p = await start();
    p.work();
    const id = await confirmed(p, await p.machine());
    await begun(id);
    const run = machines.run(id);
    run.lines.push('why it fails', ...Array.from({ length: 10_000 }, (_, n) => `line ${String(n)} ${'x'.repeat(60)}`));
    run.exitCode = exitCode;
    machines.end(id);
    await p.ended(id, 60_000);
    const { log } = (await execution(p, id))?.result_json as { log: string };
    expect(log.includes('why it fails')).toBe(whole);
    expect(log).toContain('line 9999');
  });

  it('doubles and loses no line when the connection is cut while the database takes none', async () => {
    const p = await start();
    p.work();
    const id = await confirmed(p, await p.machine());
    await begun(id);
    machines.print(id, 'one');
    await shown(p, id, 'one');
    const release = holdLog(p);
    // More than may wait in memory: the reading waits within it.
    const many = Array.from({ length: 600 }, (_, n) => `line ${String(n)} ${'x'.repeat(1_000)}`);
    machines.run(id).lines.push(...many);
    machines.changed();
    await until('lines wait', () => jest.mocked(p.logs.write).mock.calls.length > 1);
    machines.cut();
    machines.restore();
    await until('it is asked again', () => machines.fences.length > 1);
    release();
    machines.print(id, 'last');
    machines.end(id);
    expect(await p.ended(id, 30_000)).toMatchObject({ status: 'ok' });
    expect(await lines(p, id)).toEqual(['one', ...many, 'last']);
  }, 60_000);

  it('ends no sooner than its log is written, while the database is only away', async () => {
    const p = await start();
    p.work({ logPatienceMs: 0 });
    const id = await confirmed(p, await p.machine());
    await begun(id);
    const release = holdLog(p);
    machines.print(id, 'the last word');
    machines.end(id);
    const write = jest.mocked(p.logs.write);
    const tried = (): number => write.mock.calls.filter(([{ progress }]) => progress?.step === null).length;
    await until('the end of the log is tried again', () => tried() > 1);
    expect(await p.job(id)).toMatchObject({ status: 'running' });
    release();
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await lines(p, id)).toEqual(['the last word']);
  });

  it('says how far its step is and what is at work, without a write for every word of its tool', async () => {
    const p = await start();
    p.work();
    const id = await confirmed(p, await p.machine());
    await begun(id);
    machines.print(id, 'step act');
    await until('it acts', async () => (await p.job(id)).step === 'act');
    const act = async () => (await p.job(id)).steps.find(({ name }) => name === 'act');
    const written = jest.spyOn(p.logs, 'write');
    const began = Date.now();
    for (let told = 0; told < 500; told += 1) {
      machines.tell(id, `act ${String(told / 10)} package-${String(Math.floor(told / 100))}`);
      await new Promise(setImmediate);
    }
    await until('the last word is there', async () => (await act())?.percent === 49);
    expect(await act()).toMatchObject({ status: 'running', subject: 'package-4' });
    expect(written.mock.calls.length).toBeLessThanOrEqual(2 + (Date.now() - began) / 250);
    // Neither what makes no sense nor what comes late from the step before moves it back.
    for (const told of ['nonsense', 'fetch 3 other']) machines.tell(id, told);
    machines.tell(id, 'act 80.5 last');
    await until('it goes on', async () => (await act())?.percent === 80);
    machines.end(id);
    await p.ended(id);
    expect(await act()).toMatchObject({ status: 'done', percent: null, subject: null });
  });

  it('may be given up by a person once its machine was not heard of for half an hour, and its worker writes nothing', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    const id = await confirmed(p, machineId);
    await begun(id);
    const close = (): Promise<void> => p.unknown.close(id, 'burnt down', originOf(systemActor));
    await expect(close()).rejects.toMatchObject({ code: 'outcome_not_unknown' });
    machines.cut();
    await until('it is unknown', async () => (await phase(p, id)) === 'reconciling');
    await expect(close()).rejects.toMatchObject({ code: 'outcome_still_awaited' });
    await p.dataSource.query(`UPDATE jobs SET contact_at = contact_at - interval '31 minutes' WHERE id = $1`, [id]);
    const waiting = await p.enqueue(machineId);
    await close();
    const closed = await p.job(id);
    expect(closed).toMatchObject({ status: 'error', errorKind: 'outcome_unknown', phase: null });
    expect(closed.errorMessage).toContain('burnt down');
    expect(closed.errorAction).toContain('Look at the machine');
    // Nothing of it goes on.
    expect(closed.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'connect done',
      'fetch failed',
      'act skipped',
      'store skipped',
    ]);
    expect(await execution(p, id)).toMatchObject({ status: 'error', error_kind: 'outcome_unknown' });
    expect(await p.count('action_requests', `status = 'executed' AND execution_id = $1`, [id])).toBe(1);
    expect(await p.count('audit_log', `action = 'job.closed' AND object_id = $1`, [id])).toBe(1);
    machines.restore();
    machines.end(id);
    // The machine is free for others, and what comes too late changes nothing.
    await p.ended(waiting.id);
    expect(await p.job(id)).toEqual(closed);
    await expect(close()).rejects.toMatchObject({ code: 'job_already_ended' });
  }, 60_000);

  it('is taken over when its worker is past its lease, who can write nothing any more', async () => {
    const first = await start();
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const machineId = await first.machine();
    const id = await confirmed(first, machineId);
    await begun(id);
    machines.print(id, 'one');
    await shown(first, id, 'one');
    await first.expire(id);
    const second = await start();
    await second.sweepUntil('it is offered', async () => (await phase(second, id)) === 'reconciling');
    // Another job of the machine does not begin meanwhile.
    const waiting = await second.enqueue(machineId);
    second.work();
    await until('it is followed', async () => (await phase(second, id)) === 'following');
    expect(await second.job(waiting.id)).toMatchObject({ status: 'queued' });
    machines.print(id, 'two');
    await shown(second, id, 'two');
    machines.end(id);
    expect(await second.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(await lines(second, id)).toEqual(['one', 'two']);
    const [earlier, later] = machines.fences;
    expect(Number(later)).toBeGreaterThan(Number(earlier));
    await second.ended(waiting.id);
    expect([...first.events.published, ...second.events.published].filter(({ jobId }) => jobId === id)).toHaveLength(1);
  }, 60_000);

  it('is taken over when its worker is lost while the machine is out of reach', async () => {
    const first = await start();
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const id = await confirmed(first, await first.machine());
    await begun(id);
    machines.print(id, 'one');
    await shown(first, id, 'one');
    machines.cut();
    await until('it is unknown', async () => (await phase(first, id)) === 'reconciling');
    const held = (await fence(first, id)) ?? '';
    await first.expire(id);
    const second = await start();
    await second.sweepUntil('it is offered', async () => (await fence(second, id)) !== held);
    second.work();
    machines.end(id);
    machines.restore();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'ok', attempt: 1 });
  }, 90_000);

  it('is handed over by a worker that stops', async () => {
    const first = await start();
    first.work();
    const machineId = await first.machine();
    const id = await confirmed(first, machineId);
    await begun(id);
    machines.print(id, 'one');
    await shown(first, id, 'one');
    await open.splice(0, 1)[0]?.close();
    const second = await start();
    expect(await second.job(id)).toMatchObject({ status: 'running', phase: 'reconciling' });
    expect(await second.count('machine_locks')).toBe(0);
    machines.end(id);
    second.work();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'ok' });
    expect(machines.run(id).starts).toBe(1);
  }, 60_000);

  it('is begun by the next worker when the first died before it could', async () => {
    const planner = await start();
    planner.work();
    const machineId = await planner.machine();
    const requestId = await planned(planner, machineId);
    await open.splice(0, 1)[0]?.close();
    const p = await start();
    const id = await confirm(p, requestId);
    expect(await p.takeOne('dead worker')).toMatchObject({ jobId: id, adopted: null });
    await p.expire(id);
    await p.sweepUntil('it is offered', async () => (await phase(p, id)) === 'reconciling');
    p.work();
    await begun(id);
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
  }, 60_000);

  it('that the machine had and has no more is an error, not another beginning', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.work();
    const id = await confirmed(p, machineId);
    await begun(id);
    machines.print(id, 'one');
    await shown(p, id, 'one');
    machines.runs.clear();
    await p.expire(id);
    const second = await start();
    await second.sweepUntil('it is offered', async () => (await phase(second, id)) === 'reconciling');
    second.work();
    expect(await second.ended(id)).toMatchObject({ status: 'error', errorKind: 'run_vanished' });
    expect(await execution(second, id)).toMatchObject({ status: 'error', error_kind: 'run_vanished' });
    expect(machines.runs.size).toBe(0);
  }, 60_000);

  it('whose folder is removed while it works is followed to its end, and judged by what is there then', async () => {
    const p = await start();
    const machineId = await p.machine();
    p.work();
    const id = await confirmed(p, machineId);
    await begun(id);
    machines.print(id, 'one');
    await shown(p, id, 'one');
    machines.removeFolder(id);
    const note = 'The folder of the run was removed from the machine. The run works on, and is followed to its end.';
    await until('the log says so', async () => (await lines(p, id, 'note')).includes(note));
    machines.print(id, 'two');
    await shown(p, id, 'two');
    expect(await p.job(id)).toMatchObject({ status: 'running' });
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'run_record_lost' });
    expect(await execution(p, id)).toMatchObject({ status: 'error', error_kind: 'run_record_lost' });
  }, 60_000);

  it('that was never sent fails at once, and is not tried again', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    machines.cut();
    const id = await confirmed(p, machineId);
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'connection_lost', attempt: 1 });
    expect(await execution(p, id)).toMatchObject({ status: 'error', error_kind: 'connection_lost' });
    expect(machines.runs.size).toBe(0);
  });

  it('stops when it is asked to, and only the machine says that it did', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    const id = await confirmed(p, machineId);
    await begun(id);
    machines.print(id, 'step fetch');
    await p.service.cancel(id, systemActor);
    await until('the machine is asked', () => machines.run(id).stopAsked);
    expect(await p.job(id)).toMatchObject({ status: 'running', cancelRequested: true });
    machines.end(id, 'stopped');
    expect(await p.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(await execution(p, id)).toMatchObject({ status: 'cancelled' });
  });

  it('that was interrupted is what its action makes of it', async () => {
    const p = await start();
    p.work();
    const machineId = await p.machine();
    const id = await confirmed(p, machineId);
    await begun(id);
    machines.end(id, 'interrupted');
    expect(await p.ended(id)).toMatchObject({ status: 'error' });
    expect(await execution(p, id)).toMatchObject({ status: 'error', result_json: { ending: 'interrupted' } });
  });
});
