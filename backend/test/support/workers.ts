import type { DataSource } from 'typeorm';
import { queryOne } from '../../src/kernel/database/rows';
import type { ProductProcess } from './installation';
import type { Job } from './machine-jobs';

/** The process of this test that works on the job. @throws when none of them does */
export async function workerOf(
  dataSource: DataSource,
  workers: readonly ProductProcess[],
  { id }: Pick<Job, 'id'>,
): Promise<ProductProcess> {
  const row = await queryOne<{ worker_id: string }>(dataSource, 'SELECT worker_id FROM jobs WHERE id = $1', [id]);
  const worker = workers.find(({ pid }) => row?.worker_id.split(':').includes(String(pid)));
  if (worker === undefined) throw new Error(`no worker of this test holds the job: ${String(row?.worker_id)}`);
  return worker;
}
