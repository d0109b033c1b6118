import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../test/support/deciders';
import { FakeMachines } from '../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange, hang } from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { until } from '../../../test/support/ssh-wait';
import { queryOne, queryRows } from '../../kernel/database/rows';

const REASON = 'its script waits for ever';
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

/** A change that is at work in its step `act`, and the name of its machine. */
async function acting(p: JobsProcess): Promise<{ id: string; name: string; machineId: string }> {
  const machineId = await p.machine();
  const plan = await p.enqueue(machineId, { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(plan.id);
  const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
  const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  await until('the run begins', () => machines.runs.has(id));
  machines.print(id, 'step act');
  await until('it acts', async () => (await p.job(id)).step === 'act');
  return { id, machineId, name: (await p.job(id)).machineName };
}

const force = (p: JobsProcess, id: string, name: string): Promise<void> =>
  p.forcedStops.ask(id, name, REASON, anyPerson);

describe('a change that hangs', () => {
  it('is ended by force on its machine, keeps who wanted it and why, and ends as interrupted', async () => {
    const p = await start();
    p.work({ renewEveryMs: 100 });
    const { id, name } = await acting(p);
    await force(p, id, name);
    // Asked for again it is not asked for twice.
    await force(p, id, name).catch((error: unknown) => expect(error).toMatchObject({ status: 409 }));
    const job = await p.ended(id);
    expect(machines.run(id).forced).toBe(true);
    expect(job).toMatchObject({ status: 'error', forceRequested: true });
    expect(job.errorMessage).toContain(REASON);
    expect(job.errorMessage).toContain(anyPerson.actor.name);
    const execution = await queryOne(p.dataSource, 'SELECT status, result_json FROM executions WHERE id = $1', [id]);
    expect(execution).toMatchObject({ status: 'error', result_json: { ending: 'interrupted' } });
    const audit = await queryRows(
      p.dataSource,
      `SELECT outcome, details_json->>'step' AS step, details_json->>'reason' AS reason FROM audit_log
       WHERE action = 'job.force_stopped' AND object_id = $1`,
      [id],
    );
    expect(audit).toEqual([{ outcome: 'ok', step: 'act', reason: REASON }]);
    expect(await p.count('machine_locks')).toBe(0);
    await expect(force(p, id, name)).rejects.toMatchObject({ code: 'job_already_ended' });
  });

  it('is ended by the worker that takes it over, when the first is gone', async () => {
    const first = await start();
    first.work({ renewEveryMs: 600_000, sweepEveryMs: 600_000 });
    const { id, name } = await acting(first);
    await force(first, id, name);
    await open.splice(0, 1)[0]?.close();
    expect(machines.run(id).forced).toBe(false);
    const second = await start();
    second.work();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'error' });
    expect(machines.run(id).forced).toBe(true);
  }, 60_000);

  it('is left alone where the name is another, and nothing is written', async () => {
    const p = await start();
    p.work({ renewEveryMs: 100 });
    const { id, name } = await acting(p);
    for (const typed of [`${name} `, name.toUpperCase(), 'x'])
      await expect(force(p, id, typed)).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await p.count('jobs', 'force_requested_at IS NOT NULL')).toBe(0);
    expect(await p.count('audit_log', `action = 'job.force_stopped'`)).toBe(0);
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
  });

  it('is not ended by force where nobody reaches its machine', async () => {
    const p = await start();
    p.work({ renewEveryMs: 100 });
    const { id, name } = await acting(p);
    machines.cut();
    await until('it is unknown', async () => (await p.job(id)).phase === 'reconciling');
    await expect(force(p, id, name)).rejects.toMatchObject({ code: 'run_out_of_reach' });
    machines.restore();
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
  });

  it('ends as its machine says, where it came to its end in that very moment', async () => {
    const p = await start();
    p.work({ renewEveryMs: 600_000 });
    const { id, name } = await acting(p);
    await force(p, id, name);
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok', errorMessage: null });
  });
});

describe('what can be cancelled', () => {
  it('is not ended by force: what waits, what reads, a step that may be stopped', async () => {
    const p = await start();
    const waiting = await p.enqueue(await p.machine());
    await expect(force(p, waiting.id, waiting.machineName)).rejects.toMatchObject({ code: 'cancel_possible' });
    p.remote.otherwise(hang);
    p.work();
    await until('it reads', async () => (await p.job(waiting.id)).status === 'running');
    await expect(force(p, waiting.id, waiting.machineName)).rejects.toMatchObject({ code: 'cancel_possible' });
    p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
    const { id, name } = await acting(p);
    machines.print(id, 'step fetch');
    await until('it fetches', async () => (await p.job(id)).step === 'fetch');
    await expect(force(p, id, name)).rejects.toMatchObject({ code: 'cancel_possible' });
    await expect(force(p, '01890000-0000-7000-8000-00000000dead', name)).rejects.toMatchObject({ status: 404 });
    // Who has cancelled and sees it hang on all the same may.
    await p.service.cancel(id, anyPerson.actor);
    await force(p, id, name);
    expect(await p.ended(id)).toMatchObject({ status: 'error' });
  }, 30_000);
});
