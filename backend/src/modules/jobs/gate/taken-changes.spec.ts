import { gatedJobs } from '../../../../test/support/gated-jobs';
import { until } from '../../../../test/support/ssh-wait';
import { affected } from '../../../kernel/database/rows';
import { SshError } from '../../../kernel/ssh/ssh-error';

const gated = gatedJobs();

describe('a change that a worker has in hand and that has not begun', () => {
  /** Confirmed and taken in the open window, by a worker that dies before it reaches the machine. */
  const taken = async (): Promise<string> => {
    const planner = gated.p.work();
    const machineId = await gated.p.machine();
    const requestId = await gated.planned(machineId);
    await planner.stop();
    await gated.window(-0.25);
    const { id } = await gated.confirm(requestId);
    expect(await gated.p.takeOne('dead worker')).toMatchObject({ jobId: id });
    return id;
  };
  const offered = async (id: string): Promise<void> => {
    await gated.p.expire(id);
    await gated.p.sweepUntil('it is offered', async () => (await gated.p.job(id)).phase === 'reconciling');
  };
  const expired = { status: 'cancelled', errorKind: 'window_expired' };

  it('is not begun by whoever adopts it once its window has closed', async () => {
    const id = await taken();
    await affected(gated.p.dataSource, `UPDATE maintenance_windows SET opens_at = opens_at + interval '2 hours'`, []);
    await offered(id);
    gated.p.work();
    expect(await gated.p.ended(id)).toMatchObject(expired);
    expect(gated.machines.runs.has(id)).toBe(false);
  }, 60_000);

  it('nor once it could not end inside any more', async () => {
    const id = await taken();
    await gated.tooLate(id);
    await offered(id);
    gated.p.work();
    expect(await gated.p.ended(id)).toMatchObject(expired);
    expect(gated.machines.runs.has(id)).toBe(false);
  }, 60_000);

  it('is begun by whoever adopts it while its window is open', async () => {
    const id = await taken();
    await offered(id);
    gated.p.work();
    expect(await gated.finish(id)).toMatchObject({ status: 'ok' });
  }, 60_000);

  it('is not sent again after a lost start once its window has closed', async () => {
    gated.p.work();
    const machineId = await gated.p.machine();
    const requestId = await gated.planned(machineId);
    await gated.window(-0.25);
    const open = gated.p.detached.open.bind(gated.p.detached);
    jest.spyOn(gated.p.detached, 'open').mockImplementationOnce(async (visit) => {
      const start = (): Promise<never> => {
        gated.machines.cut();
        return Promise.reject(new SshError('connection_lost', 'run'));
      };
      return { ...(await open(visit)), start };
    });
    const { id } = await gated.confirm(requestId);
    await until('it is tried', async () => (await gated.p.job(id)).phase === 'reconciling');
    await gated.tooLate(id);
    gated.machines.restore();
    expect(await gated.p.ended(id)).toMatchObject(expired);
    expect(gated.machines.runs.has(id)).toBe(false);
  }, 60_000);
});
