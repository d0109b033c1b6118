import { anyPerson } from '../../../../test/support/deciders';
import { gatedJobs } from '../../../../test/support/gated-jobs';
import { answer, CHANGE } from '../../../../test/support/jobs-fakes';
import { until } from '../../../../test/support/ssh-wait';
import { systemActor } from '../../../kernel/auth/actor';
import { affected, queryRows } from '../../../kernel/database/rows';

const gated = gatedJobs({ apart: 'cluster' });

/** A confirmed change whose plan says that the machine is a node of this cluster. @returns its job */
async function confirmed(cluster: string | null): Promise<string> {
  const machineId = await gated.p.machine();
  gated.p.remote.on(machineId, () =>
    answer({ look: ['upgrade a 1 2', ...(cluster === null ? [] : [cluster])].join('\n') }),
  );
  return (await gated.confirm(await gated.planned(machineId))).id;
}

const waits = (id: string) => until('it waits', async () => (await gated.p.job(id)).errorKind === 'runs_apart');
/** What waits is looked at again. */
const again = (id: string) =>
  affected(gated.p.dataSource, 'UPDATE jobs SET available_at = clock_timestamp() WHERE id = $1', [id]);

it('of one cluster one machine is changed at a time, others beside it', async () => {
  gated.p.work();
  const first = await confirmed('cluster 1f aa');
  await gated.begun(first);
  const second = await confirmed('cluster 1f aa');
  await waits(second);
  expect(await gated.p.job(second)).toMatchObject({
    status: 'queued',
    errorMessage: 'Fake change: another machine of the same cluster is at it. This one waits until it is done.',
  });
  for (const other of ['cluster 2f aa', null]) await gated.begun(await confirmed(other));
  await again(second);
  await waits(second);
  expect(gated.machines.runs.has(second)).toBe(false);
  gated.machines.end(first);
  expect(await gated.p.ended(first)).toMatchObject({ status: 'ok' });
  await again(second);
  await gated.begun(second);
  gated.machines.end(second);
  expect(await gated.p.ended(second)).toMatchObject({ status: 'ok', errorKind: null, attempt: 1 });
});

it('of several machines that are confirmed at once the first begins, and the next one after it', async () => {
  gated.p.work();
  gated.p.remote.otherwise(() => answer({ look: 'upgrade a 1 2\ncluster 1f aa' }));
  const machineIds = [await gated.p.machine(), await gated.p.machine()];
  const id = await gated.p.bulk.ask({ action: CHANGE, machineIds, parameters: {}, requestedBy: systemActor });
  await until('all are planned', async () => (await gated.p.requestsReader.find(id))?.planDigest != null);
  const digest = (await gated.p.requestsReader.find(id))?.planDigest ?? '';
  await gated.p.requests.confirmMany(id, { digest, accepted: [] }, anyPerson);
  await until('one begins', () => gated.machines.runs.size > 0);
  const jobs = await queryRows<{ id: string }>(gated.p.dataSource, 'SELECT id FROM jobs WHERE kind = $1', [CHANGE]);
  const [first = ''] = gated.machines.runs.keys();
  const second = jobs.find((job) => job.id !== first)?.id ?? '';
  await waits(second);
  expect([...gated.machines.runs.keys()]).toEqual([first]);
  gated.machines.end(first);
  await gated.p.ended(first);
  await again(second);
  await gated.begun(second);
  gated.machines.end(second);
});
