import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  gate,
  hang,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';

let database: TestDatabase;
let machines: FakeMachines;
/** The first plans and confirms, the others work. */
let p: JobsProcess;
const open: JobsProcess[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  machines = new FakeMachines();
  p = await start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  machines.restore();
  for (const process of open.splice(0)) await process.close();
  const source = await database.dataSource();
  for (const table of ['machine_locks', 'action_requests', 'maintenance_windows', 'machines'])
    await source.query(`DELETE FROM ${table}`);
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

/** A plan that waits; whoever made it has stopped. */
async function planned(machineId: string): Promise<string> {
  const planner = await start();
  planner.work();
  const { requestId } = await planner.ended((await planner.enqueue(machineId, { action: `${CHANGE}_plan` })).id);
  await open.pop()?.close();
  if (requestId === null) throw new Error('there is no plan');
  return requestId;
}

/** @returns the job that carries it out, not taken yet */
async function confirmed(machineId: string): Promise<string> {
  const requestId = await planned(machineId);
  const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
  return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
}

const phase = async (id: string) => (await p.job(id)).phase;

/** At work on its machine. */
async function begun(machineId: string): Promise<string> {
  const id = await confirmed(machineId);
  p.work();
  await until('the run begins', () => machines.runs.has(id));
  await until('it is followed', async () => (await phase(id)) === 'following');
  return id;
}

const asked = (id: string) => until('the machine is asked', () => machines.run(id).stopAsked);
const notes = async (id: string): Promise<string> =>
  ((await p.logs.read(id, 0, 1000))?.lines ?? []).map(({ text }) => text).join('\n');

type Afterwards = (id: string) => void | Promise<void>;

interface State {
  readonly what: string;
  readonly reach: (machineId: string) => Promise<string>;
  readonly afterwards?: Afterwards;
  readonly ends: 'cancelled' | 'ok';
  /** Of the request and of its machine. */
  readonly request: 'expired' | 'executed';
  /** Null: nothing was begun. */
  readonly execution: 'cancelled' | 'ok' | null;
  /** How often the machine was told to begin. */
  readonly starts: 0 | 1;
}

const neverBegun = { ends: 'cancelled', request: 'expired', execution: null, starts: 0 } as const;
const takenOnly = { ...neverBegun, execution: 'cancelled' } as const;
const stopped = { ends: 'cancelled', request: 'executed', execution: 'cancelled', starts: 1 } as const;
const wentOn = { ends: 'ok', request: 'executed', execution: 'ok', starts: 1 } as const;

const stops: Afterwards = async (id) => {
  await asked(id);
  machines.end(id, 'stopped');
};

let held = gate();
beforeEach(() => {
  held = gate();
});

const states: State[] = [
  {
    what: 'waits for its machine',
    ...neverBegun,
    reach: async (machineId) => {
      const requestId = await planned(machineId);
      p.remote.on(machineId, hang);
      p.work();
      const holder = await p.enqueue(machineId);
      await until('the holder runs', () => p.isRunning(holder.id));
      const digest = (await p.requestsReader.find(requestId))?.planDigest ?? '';
      return (await p.requests.confirm(requestId, { digest, accepted: [] }, anyPerson)).id;
    },
    afterwards: async () => {
      const holder = await queryOne<{ id: string }>(p.dataSource, `SELECT id FROM jobs WHERE status = 'running'`);
      await p.service.cancel(holder?.id ?? '', systemActor);
      await p.ended(holder?.id ?? '');
    },
  },
  {
    what: 'was handed out, and nobody has taken it',
    ...neverBegun,
    reach: confirmed,
    afterwards: async () => {
      p.work();
      await p.ended((await p.enqueue(await p.machine('another'))).id);
    },
  },
  {
    what: 'waits for a maintenance window',
    ...neverBegun,
    reach: async (machineId) => {
      await affected(
        p.dataSource,
        `INSERT INTO maintenance_windows (id, name, scope, cron, opens_at, timezone, duration_minutes, created_at, updated_at)
         VALUES ($1, 'tonight', 'fleet', '@once', now() + interval '3 hours', 'UTC', 120, now(), now())`,
        [newId()],
      );
      const id = await confirmed(machineId);
      expect(await p.job(id)).toMatchObject({ status: 'queued', windowName: 'tonight' });
      return id;
    },
  },
  {
    what: 'connects, with nothing sent yet',
    ...takenOnly,
    reach: async (machineId) => {
      const id = await confirmed(machineId);
      const connecting = gate();
      jest.spyOn(p.detached, 'open').mockImplementation(({ signal }) => {
        connecting.open();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
        });
      });
      p.work();
      await connecting.opened;
      return id;
    },
  },
  {
    what: 'is begun at this moment: its start is on the way',
    ...stopped,
    reach: async (machineId) => {
      const id = await confirmed(machineId);
      const openSession = p.detached.open.bind(p.detached);
      const onTheWay = gate();
      jest.spyOn(p.detached, 'open').mockImplementation(async (visit) => {
        const session = await openSession(visit);
        const startRun = session.start.bind(session);
        const askToStop = session.askToStop.bind(session);
        return {
          ...session,
          start: async (run) => {
            onTheWay.open();
            await held.opened;
            return startRun(run);
          },
          askToStop: async () => {
            const state = await askToStop();
            // It asked of a run that was not there yet; only then does the start arrive.
            held.open();
            return state;
          },
        };
      });
      p.work();
      await onTheWay.opened;
      return id;
    },
    afterwards: async (id) => {
      await until('the run begins', () => machines.runs.has(id));
      await stops(id);
    },
  },
  {
    what: 'is in a step that may end it',
    ...stopped,
    reach: async (machineId) => {
      const id = await begun(machineId);
      machines.print(id, 'step fetch');
      await until('it fetches', async () => (await p.job(id)).step === 'fetch');
      return id;
    },
    afterwards: async (id) => {
      await stops(id);
      await p.ended(id);
      expect(await notes(id)).toContain('Asked to stop: it does so after a step that may end the run.');
    },
  },
  {
    what: 'is in a step that is never interrupted',
    ...wentOn,
    reach: async (machineId) => {
      const id = await begun(machineId);
      machines.print(id, 'step act');
      await until('it acts', async () => (await p.job(id)).step === 'act');
      return id;
    },
    afterwards: async (id) => {
      await asked(id);
      expect(await p.job(id)).toMatchObject({ status: 'running', cancelRequested: true });
      machines.end(id);
      await p.ended(id);
      expect(await notes(id)).toContain('the step act is never interrupted and nothing after it ends the run');
    },
  },
  {
    what: 'has ended on its machine, out of reach',
    ...wentOn,
    reach: async (machineId) => {
      const id = await begun(machineId);
      machines.cut();
      await until('it is unknown', async () => (await phase(id)) === 'reconciling');
      machines.end(id);
      return id;
    },
    afterwards: () => machines.restore(),
  },
  {
    what: 'is unknown, and its worker asks for it',
    ...stopped,
    reach: async (machineId) => {
      const id = await begun(machineId);
      machines.cut();
      await until('it is unknown', async () => (await phase(id)) === 'reconciling');
      return id;
    },
    afterwards: async (id) => {
      expect(await p.job(id)).toMatchObject({ status: 'running', cancelRequested: true });
      machines.restore();
      await stops(id);
    },
  },
  {
    what: 'is unknown, and nobody asks for it',
    ...stopped,
    reach: async (machineId) => {
      const id = await begun(machineId);
      // Its worker stops and hands it over.
      await open.splice(0, 1)[0]?.close();
      p = await start();
      expect(await p.job(id)).toMatchObject({ status: 'running', phase: 'reconciling' });
      return id;
    },
    afterwards: async (id) => {
      p.work();
      await p.sweepUntil('it is taken', () => Promise.resolve(machines.run(id).stopAsked));
      machines.end(id, 'stopped');
    },
  },
  {
    what: 'was taken by a worker that died before it began it',
    ...takenOnly,
    reach: async (machineId) => {
      const id = await confirmed(machineId);
      expect(await p.takeOne('dead worker')).toMatchObject({ jobId: id });
      await p.expire(id);
      await p.sweepUntil('it is offered', async () => (await phase(id)) === 'reconciling');
      return id;
    },
    afterwards: () => void p.work(),
  },
  {
    what: 'has its result, which is about to be stored',
    ...wentOn,
    reach: async (machineId) => {
      const id = await confirmed(machineId);
      const writes = gate();
      const write = p.outcomes.write.bind(p.outcomes);
      jest.spyOn(p.outcomes, 'write').mockImplementationOnce(async (...end) => {
        writes.open();
        await held.opened;
        return write(...end);
      });
      p.work();
      await until('the run begins', () => machines.runs.has(id));
      machines.end(id);
      await writes.opened;
      return id;
    },
    afterwards: () => held.open(),
  },
];

describe('a change that is cancelled while it', () => {
  it.each(states)(
    '$what',
    async ({ reach, afterwards, ends, request, execution, starts }) => {
      const machineId = await p.machine();
      const id = await reach(machineId);
      expect(await p.service.cancel(id, systemActor)).toMatchObject({ cancelRequested: true });
      await afterwards?.(id);
      const job = await p.ended(id, 40_000);
      expect(job).toMatchObject({ status: ends, phase: null, step: null, errorKind: null, deadLetter: null });
      expect(job.steps.filter(({ status }) => status === 'running' || status === 'waiting')).toEqual([]);
      const row = 'SELECT status FROM executions WHERE id = $1';
      expect((await queryOne<{ status: string }>(p.dataSource, row, [id]))?.status ?? null).toBe(execution);
      // In the transaction that ended the job: no sweep has run for it.
      const target = `SELECT r.status, t.status AS target FROM action_requests r JOIN action_request_targets t ON t.request_id = r.id WHERE t.job_id = $1`;
      expect(await queryOne(p.dataSource, target, [id])).toEqual({ status: request, target: request });
      const run = machines.runs.get(id);
      expect({ starts: run?.starts ?? 0, goesOn: run?.ending === null }).toEqual({
        starts,
        goesOn: false,
      });
      const state = 'SELECT running_job_id, last_error_kind FROM machine_state WHERE machine_id = $1';
      expect(await queryOne(p.dataSource, state, [machineId])).toEqual({ running_job_id: null, last_error_kind: null });
      expect(await p.count('machine_locks', 'job_id = $1', [id])).toBe(0);
      await expect(p.service.cancel(id, systemActor)).rejects.toMatchObject({ code: 'job_already_ended' });
    },
    90_000,
  );
});
