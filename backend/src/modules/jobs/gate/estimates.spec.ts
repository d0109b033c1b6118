import { gatedJobs } from '../../../../test/support/gated-jobs';
import { CHANGE } from '../../../../test/support/jobs-fakes';
import { newId } from '../../../kernel/database/ids';
import { affected, queryOne } from '../../../kernel/database/rows';

const gated = gatedJobs();

describe('how long a change takes', () => {
  /** A change of the machine that took so many seconds. */
  async function took(machineId: string, seconds: number): Promise<void> {
    await affected(
      gated.p.dataSource,
      `INSERT INTO jobs (id, kind, machine_id, status, created_at, started_at, finished_at)
       VALUES ($1, $2, $3, 'ok', now(), now() - make_interval(secs => $4), now())`,
      [newId(), CHANGE, machineId, seconds],
    );
  }

  const seconds = async (machineId: string) => {
    const row = await queryOne<{ seconds: number }>(
      gated.p.dataSource,
      'SELECT window_seconds AS seconds FROM jobs WHERE id = $1',
      [(await gated.confirm(await gated.planned(machineId))).id],
    );
    return row?.seconds;
  };

  it('is what its own last runs took, else what nine of ten of the fleet did not exceed, else what it declares', async () => {
    const [known, fresh] = [await gated.p.machine('known'), await gated.p.machine('fresh')];
    await gated.window(1, { minutes: 10_000 });
    gated.p.work();
    expect(await seconds(fresh)).toBe(600);
    for (const time of [100, 240, 120]) await took(known, time);
    const other = await gated.p.machine('other');
    for (let count = 0; count < 17; count += 1) await took(other, 50);
    expect(await seconds(known)).toBe(240);
    expect(await seconds(await gated.p.machine('newer'))).toBe(100);
  });

  it('refuses the change where no window is as long', async () => {
    const machineId = await gated.p.machine();
    await gated.window(1, { minutes: 5 });
    gated.p.work();
    const requestId = await gated.planned(machineId);
    await expect(gated.confirm(requestId)).rejects.toMatchObject({
      code: 'window_too_short',
      detail: expect.stringMatching(/takes 10 min .* longest window 5 min/) as string,
    });
    expect(await gated.p.requestsReader.find(requestId)).toMatchObject({ status: 'pending', jobId: null });
  });
});
