import { Logger } from '@nestjs/common';
import { answer, fakeAction, gate, hang, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { queryOne } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';
import type { ReadAction } from '../actions/job-action';

const OTHER = 'other_reading';
let database: TestDatabase;
let p: JobsProcess;
/** Runs that are alive on the machines. */
let alive = 0;
let scriptMade = gate();
let collected = gate();

/** Its script and its outcome wait until a test lets them be made. */
function waitingAction(name: string, at: 'script' | 'collect'): ReadAction<object> {
  const action = fakeAction({ name });
  return {
    ...action,
    script: async (context) => {
      if (at === 'script') await scriptMade.opened;
      return action.script(context);
    },
    collect: async (run, context) => {
      if (at === 'collect') await collected.opened;
      return action.collect(run, context);
    },
  };
}

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const actions = [fakeAction(), fakeAction({ name: OTHER })];
  p = await JobsProcess.open(database.url, [
    ...actions,
    waitingAction('made_late', 'script'),
    waitingAction('read_late', 'collect'),
  ]);
  [alive, scriptMade, collected] = [0, gate(), gate()];
  const run = p.remote.run.bind(p.remote);
  jest.spyOn(p.remote, 'run').mockImplementation(async (wanted) => {
    alive += 1;
    try {
      return await run(wanted);
    } finally {
      alive -= 1;
    }
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await p.close();
  const source = await database.dataSource();
  await source.query('DELETE FROM machine_locks');
  await source.query('DELETE FROM machines');
});

const running = (id: string) => until('it runs', () => p.isRunning(id));
const cancel = (id: string) => p.service.cancel(id, systemActor);

/** Comes when the workers of this process are told that it is cancelled. */
function newsOf(id: string): Promise<void> {
  const heard = gate();
  const stop = p.bus.listen(({ cancelledJobIds }) => {
    if (!cancelledJobIds.has(id)) return;
    stop();
    heard.open();
  });
  return heard.opened;
}

/** What happens after the cancellation, before the end is looked at. */
type Afterwards = () => void | Promise<void>;

interface State {
  readonly what: string;
  /** Brings a job of this machine there. @returns the job, and what goes on after it was cancelled */
  readonly reach: (machineId: string) => Promise<{ id: string; afterwards?: Afterwards }>;
  /** `cancelled` when absent. */
  readonly ends?: 'cancelled' | 'ok';
  readonly attempts: number;
}

const states: State[] = [
  {
    what: 'waits for its machine',
    attempts: 0,
    reach: async (machineId) => {
      p.remote.on(machineId, hang);
      p.work();
      const holder = await p.enqueue(machineId, { action: OTHER });
      await running(holder.id);
      const { id } = await p.enqueue(machineId);
      // Nothing happens to the job that holds the machine.
      const afterwards = async (): Promise<void> => {
        expect(await p.isRunning(holder.id)).toBe(true);
        await cancel(holder.id);
        await p.ended(holder.id);
      };
      return { id, afterwards };
    },
  },
  {
    what: 'was handed out, and nobody has taken it',
    attempts: 0,
    reach: async (machineId) => {
      const { id } = await p.enqueue(machineId);
      expect(await p.job(id)).toMatchObject({ phase: 'dispatched' });
      const afterwards = async (): Promise<void> => {
        p.work();
        // The queue is empty but for what comes after it.
        await p.ended(
          (await p.enqueue(await p.machine(), { action: 'made_late' }).then((job) => (scriptMade.open(), job))).id,
        );
        expect(p.remote.began).not.toContain(machineId);
      };
      return { id, afterwards };
    },
  },
  {
    what: 'waits for its next attempt',
    attempts: 1,
    reach: async (machineId) => {
      p.remote.on(machineId, () => Promise.reject(new SshError('penalised', 'banner')));
      p.work();
      const { id } = await p.enqueue(machineId);
      await until('the first attempt failed', async () => (await p.job(id)).errorKind === 'penalised');
      return { id };
    },
  },
  {
    what: 'was taken by a worker that has not heard of the cancellation',
    attempts: 1,
    reach: async (machineId) => {
      p.remote.on(machineId, hang);
      const take = p.claims.take.bind(p.claims);
      const taken = gate();
      const told = gate();
      jest.spyOn(p.claims, 'take').mockImplementation(async (...wanted) => {
        const claims = await take(...wanted);
        if (claims.length > 0) {
          taken.open();
          await told.opened;
        }
        return claims;
      });
      p.work({ renewEveryMs: 100 });
      const { id } = await p.enqueue(machineId);
      await taken.opened;
      const heard = newsOf(id);
      // Its news arrives before the worker knows of the job.
      const afterwards = async (): Promise<void> => {
        await heard;
        told.open();
      };
      return { id, afterwards };
    },
  },
  {
    what: 'prepares its script',
    attempts: 1,
    reach: async (machineId) => {
      p.work();
      const { id } = await p.enqueue(machineId, { action: 'made_late' });
      await running(id);
      const heard = newsOf(id);
      const afterwards = async (): Promise<void> => {
        await heard;
        scriptMade.open();
      };
      return { id, afterwards };
    },
  },
  {
    what: 'connects',
    attempts: 1,
    reach: async (machineId) => {
      const connecting = gate();
      jest.spyOn(p.remote, 'run').mockImplementation(async (run) => {
        connecting.open();
        return hang(run);
      });
      p.work();
      const { id } = await p.enqueue(machineId);
      await connecting.opened;
      return { id };
    },
  },
  {
    what: 'runs on its machine',
    attempts: 1,
    reach: async (machineId) => {
      p.remote.on(machineId, (run) => {
        run.onSection({ name: 'look', phase: 'begin' });
        return hang(run);
      });
      p.work();
      const { id } = await p.enqueue(machineId);
      await until('its step runs', async () => (await p.job(id)).step === 'look');
      return { id };
    },
  },
  {
    what: 'runs on a machine that does not heed the end of its connection',
    attempts: 1,
    reach: async (machineId) => {
      const deaf = gate();
      p.remote.on(machineId, async () => {
        await deaf.opened;
        return answer({ look: 'too late' });
      });
      p.work();
      const { id } = await p.enqueue(machineId);
      await until('it is there', () => alive === 1);
      const afterwards = async (): Promise<void> => {
        await p.ended(id, 30_000);
        deaf.open();
      };
      return { id, afterwards };
    },
  },
  {
    what: 'makes something of the answer',
    attempts: 1,
    reach: async (machineId) => {
      p.remote.on(machineId, () => answer({ look: 'seen' }));
      p.work();
      const { id } = await p.enqueue(machineId, { action: 'read_late' });
      await until('it collects', async () => (await p.job(id)).phase === 'collecting');
      const heard = newsOf(id);
      const afterwards = async (): Promise<void> => {
        await heard;
        collected.open();
      };
      return { id, afterwards };
    },
  },
  {
    what: 'has its result, which is about to be stored',
    attempts: 1,
    ends: 'ok',
    reach: (machineId) => aboutToBeWritten(machineId, () => answer({ look: 'seen' })),
  },
  {
    what: 'has failed, and is about to be put back for its next attempt',
    attempts: 1,
    reach: (machineId) => aboutToBeWritten(machineId, () => Promise.reject(new SshError('connection_lost', 'run'))),
  },
  {
    what: 'was left by a worker that died',
    attempts: 1,
    reach: async (machineId) => {
      const { id } = await p.enqueue(machineId);
      await p.takeOne('dead worker');
      const afterwards = async (): Promise<void> => {
        await p.expire(id);
        await p.sweepUntil('the sweep closes it', async () => !(await p.isRunning(id)));
      };
      return { id, afterwards };
    },
  },
];

/** A job whose attempt is over, and whose worker is at the point of writing how it ended. */
async function aboutToBeWritten(
  machineId: string,
  behaviour: Parameters<JobsProcess['remote']['on']>[1],
): Promise<{ id: string; afterwards: Afterwards }> {
  p.remote.on(machineId, behaviour);
  const [writes, go] = [gate(), gate()];
  const write = p.outcomes.write.bind(p.outcomes);
  jest.spyOn(p.outcomes, 'write').mockImplementationOnce(async (...end) => {
    writes.open();
    await go.opened;
    return write(...end);
  });
  p.work();
  const { id } = await p.enqueue(machineId);
  await writes.opened;
  return { id, afterwards: () => go.open() };
}

describe('a reading job that is cancelled while it', () => {
  it.each(states)(
    '$what',
    async ({ reach, ends = 'cancelled', attempts }) => {
      const machineId = await p.machine();
      const { id, afterwards } = await reach(machineId);
      expect(await cancel(id)).toMatchObject({ cancelRequested: true });
      await afterwards?.();
      const job = await p.ended(id);
      const error = { errorKind: null, errorMessage: null, deadLetter: null };
      expect(job).toMatchObject({ status: ends, attempt: attempts, phase: null, step: null, ...error });
      expect(job.steps.filter(({ status }) => status === 'running' || status === 'waiting')).toEqual([]);
      expect(await p.count('snapshots', 'source_job_id = $1', [id])).toBe(ends === 'ok' ? 1 : 0);
      await until('nothing is alive on the machine', () => alive === 0);
      const state = 'SELECT running_job_id, last_error_kind FROM machine_state WHERE machine_id = $1';
      expect(await queryOne(p.dataSource, state, [machineId])).toEqual({ running_job_id: null, last_error_kind: null });
      expect(await p.count('machine_locks', 'job_id = $1', [id])).toBe(0);
      const told = p.events.published.filter(({ jobId }) => jobId === id).map(({ type }) => type);
      expect(told).toEqual([ends === 'ok' ? 'job_finished' : 'job_cancelled']);
      await expect(cancel(id)).rejects.toMatchObject({ code: 'job_already_ended', status: 409 });
      expect(await p.job(id)).toEqual(job);
      // The machine is free for the next.
      p.remote.on(machineId, () => answer({ look: 'next' }));
      jest.restoreAllMocks();
      p.work();
      expect(await p.ended((await p.enqueue(machineId, { action: OTHER })).id)).toMatchObject({ status: 'ok' });
    },
    60_000,
  );

  it('ends in that very moment: one of both, never half of each', async () => {
    const machines = await Promise.all(Array.from({ length: 20 }, () => p.machine()));
    const { jobs } = await p.service.enqueueMany({ machineIds: machines, action: READING, requestedBy: systemActor });
    const go = gate();
    p.remote.otherwise(async () => {
      await go.opened;
      return answer({ look: 'seen' });
    });
    p.work({ concurrency: 20 });
    await until('all run', async () => (await p.count('jobs', `status = 'running'`)) === 20);
    go.open();
    const asked = await Promise.allSettled(jobs.map(({ jobId }) => cancel(jobId)));
    for (const [at, { jobId }] of jobs.entries()) {
      const { status, snapshotId, errorKind } = await p.ended(jobId);
      expect(['ok', 'cancelled']).toContain(status);
      expect({ errorKind, stored: snapshotId !== null }).toEqual({ errorKind: null, stored: status === 'ok' });
      const { status: answered } = asked[at] ?? {};
      // Whoever was told that it had ended already finds it so.
      if (answered === 'rejected') expect(status).toBe('ok');
    }
    expect(await p.count('machine_locks')).toBe(0);
    expect(await p.count('machine_state', 'running_job_id IS NOT NULL')).toBe(0);
  }, 60_000);
});
