import { anyPerson } from '../../../../test/support/deciders';
import { Logger } from '@nestjs/common';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { queryOne, queryRows } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { ChangeAction } from '../actions/change-action';

let database: TestDatabase;
let machines: FakeMachines;
let patienceSeconds: number;
let looks: string[];
const open: JobsProcess[] = [];

beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(async () => {
  database = await createTestDatabase();
  machines = new FakeMachines();
  patienceSeconds = 60;
  looks = [];
  machines.look = () => {
    const effect = looks.length > 1 ? looks.shift() : looks[0];
    return answer({ effect: effect ?? 'none' });
  };
});
afterEach(async () => {
  machines.restore();
  for (const process of open.splice(0)) await process.close();
  await database.drop();
});

/** A change whose effect comes after its run; the looks say when. */
function lateChange(): ChangeAction<object> {
  const change = fakeChange({
    steps: [
      { name: 'act', stoppable: true },
      { name: 'return', stoppable: false },
    ],
  });
  return {
    ...change,
    aftermath: {
      step: 'return',
      patienceSeconds: () => patienceSeconds,
      script: () => ({ file: __filename }),
      settled: (look) => look.get('effect')?.stdout === 'there',
      lost: ({ kind }) => ({
        status: 'error',
        error: { kind: 'not_back', message: quoted(`silent: ${kind}`) },
        result: { lost: kind },
        important: {},
        summary: quoted('not back'),
      }),
    },
    collect: ({ sections, ending }) => ({
      status: 'ok',
      result: { ending, effect: sections.get('effect')?.stdout ?? null },
      important: {},
      summary: quoted('changed'),
    }),
  };
}

async function start(): Promise<JobsProcess> {
  const process = await JobsProcess.open(database.url, [fakeAction(), lateChange()]);
  process.contracts.register(CHANGE_PLAN_CONTRACT);
  process.detached.machines = machines;
  process.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  open.push(process);
  return process;
}

/** @returns the job that carries a plan out, begun on the machine */
async function begun(p: JobsProcess): Promise<string> {
  const plan = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(plan.id);
  const digest = (requestId && (await p.requestsReader.find(requestId))?.planDigest) ?? '';
  const job = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  await until('the run begins', () => machines.runs.has(job.id));
  return job.id;
}

const result = async (p: JobsProcess, id: string): Promise<unknown> =>
  (await queryOne<{ result_json: unknown }>(p.dataSource, 'SELECT result_json FROM executions WHERE id = $1', [id]))
    ?.result_json;
const standing = async (p: JobsProcess, id: string): Promise<string> => {
  const { phase, step } = await p.job(id);
  return `${phase ?? ''} ${step ?? ''}`;
};
const told = (p: JobsProcess, id: string) =>
  until('it was heard of', async () => (await p.count('jobs', 'id = $1 AND contact_at IS NOT NULL', [id])) === 1);

describe('a change whose effect comes after its run', () => {
  it('ends with the look that found the effect, and not before', async () => {
    const p = await start();
    p.work();
    const id = await begun(p);
    machines.end(id);
    await until('it waits', async () => (await standing(p, id)) === 'following return');
    looks = ['none', 'there'];
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await result(p, id)).toMatchObject({ ending: 'ended', effect: 'there' });
    expect((await p.job(id)).steps.map(({ name, status }) => `${name} ${status}`)).toContain('return done');
  });

  it('waits while the machine is out of reach, and is collected when it is back', async () => {
    const p = await start();
    p.work();
    const id = await begun(p);
    machines.end(id);
    await until('it waits', async () => (await standing(p, id)) === 'following return');
    machines.cut();
    await until('it is gone', async () => (await standing(p, id)) === 'reconciling return');
    looks = ['there'];
    machines.restore();
    expect(await p.ended(id)).toMatchObject({ status: 'ok', attempt: 1 });
    expect(machines.run(id).starts).toBe(1);
  });

  it('is given up by the action once the machine was silent for as long as it said', async () => {
    patienceSeconds = 2;
    const p = await start();
    p.work();
    const id = await begun(p);
    machines.end(id);
    await until('it waits', async () => (await standing(p, id)) === 'following return');
    machines.cut();
    const cutAt = performance.now();
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'not_back', attempt: 1 });
    expect(performance.now() - cutAt).toBeGreaterThan(1_000);
    expect(await result(p, id)).toMatchObject({ lost: 'connection_lost' });
    expect(await p.count('machine_locks')).toBe(0);
    expect(await p.count('action_requests', `status = 'executed' AND execution_id = $1`, [id])).toBe(1);
  });

  it('is not waited for anew by the worker that takes over: silence counts from the last word', async () => {
    const first = await start();
    first.work();
    const id = await begun(first);
    machines.end(id);
    await told(first, id);
    machines.cut();
    await until('it is gone', async () => (await first.job(id)).phase === 'reconciling');
    await open.splice(0, 1)[0]?.close();
    const second = await start();
    await second.dataSource.query(`UPDATE jobs SET contact_at = contact_at - interval '10 minutes' WHERE id = $1`, [
      id,
    ]);
    second.work();
    expect(await second.ended(id, 40_000)).toMatchObject({ status: 'error', errorKind: 'not_back' });
  }, 60_000);

  it('whose machine may not be talked to any more is given up at once', async () => {
    const p = await start();
    p.work();
    const id = await begun(p);
    machines.end(id);
    await until('it waits', async () => (await standing(p, id)) === 'following return');
    jest.spyOn(p.detached, 'open').mockRejectedValue(new SshError('host_key_changed', 'handshake'));
    machines.cut();
    expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'not_back' });
    expect(await result(p, id)).toMatchObject({ lost: 'host_key_changed' });
  });

  it('that the machine never told of stays unknown, however long it is silent', async () => {
    patienceSeconds = 1;
    const p = await start();
    p.work();
    const opened = p.detached.open.bind(p.detached);
    jest.spyOn(p.detached, 'open').mockImplementation(async (visit) => {
      const session = await opened(visit);
      // Sent, and cut off before there was an answer.
      const lost = () => Promise.reject(new SshError('connection_lost', 'run'));
      return { ...session, start: (run) => session.start(run).then(lost) };
    });
    const id = await begun(p);
    await until('it is asked for the third time', () => machines.fences.length > 2);
    expect(await p.job(id)).toMatchObject({ status: 'running', phase: 'reconciling' });
    jest.mocked(p.detached.open).mockRestore();
    looks = ['there'];
    machines.end(id);
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['was followed all the time where one worker hands it to the next', 1, 0],
    ['was not followed while nobody looked at it', 5, 1],
  ])('%s', async (_how, minutes, unfollowed) => {
    const p = await start();
    const worker = p.work();
    const id = await begun(p);
    machines.end(id);
    await told(p, id);
    await worker.stop();
    await queryRows(
      p.dataSource,
      `UPDATE jobs SET heartbeat_at = heartbeat_at - make_interval(mins => $2) WHERE id = $1`,
      [id, minutes],
    );
    looks = ['there'];
    p.work();
    expect(await p.ended(id)).toMatchObject({ status: 'ok' });
    expect(await p.count('jobs', 'id = $1 AND taken_over', [id])).toBe(unfollowed);
  });

  it('that was stopped before it could have one is not waited for', async () => {
    const p = await start();
    p.work();
    const id = await begun(p);
    machines.end(id, 'stopped');
    expect(await p.ended(id)).toMatchObject({ status: 'cancelled' });
  });
});
