import { Logger } from '@nestjs/common';
import { anyPerson, person } from '../../../test/support/deciders';
import { insertRow } from '../../../test/support/insert-row';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  fakePlan,
} from '../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../test/support/jobs-process';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { createWholeApp, type TestApp } from '../../../test/support/test-app';
import { until } from '../../../test/support/ssh-wait';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne } from '../../kernel/database/rows';
import type { DomainEvent } from '../../kernel/events/domain-event';
import type { RequestWithPlan } from './requests/request-record';
import { RequestTargets } from './requests/request-targets';

const anna = person('Anna');
const ben = anyPerson;
const ARCHIVED = { errorKind: 'machine_archived', errorMessage: 'The machine was archived before this began.' };
const REASON = 'The machine was archived.';

describe('what waits on a machine that is archived', () => {
  let database: TestDatabase;
  let p: JobsProcess;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
  });
  beforeEach(async () => {
    p = await JobsProcess.open(database.url, [
      fakeAction(),
      fakeChange({ planned: () => fakePlan(['upgrade a 1 2']), estimateSeconds: 600 }),
    ]);
    p.contracts.register(CHANGE_PLAN_CONTRACT);
    p.remote.otherwise(() => answer({ look: 'upgrade a 1 2' }));
  });
  afterEach(async () => {
    await p.close();
    const source = await database.dataSource();
    for (const table of ['machine_locks', 'maintenance_windows', 'machines'])
      await source.query(`DELETE FROM ${table}`);
  });

  const archive = (machineId: string) =>
    p.transactions.run((tx) => p.archivedWork.archived({ machineId } as DomainEvent, tx));
  const request = async (id: string | null): Promise<RequestWithPlan> => {
    const found = id === null ? null : await p.requestsReader.find(id);
    if (found === null) throw new Error('there is no request');
    return found;
  };
  const standings = async (id: string): Promise<string[]> =>
    (await new RequestTargets(p.dataSource, p.contracts).of(id)).map(
      ({ machineName, status, statusReason }) => `${machineName} ${status} ${statusReason ?? '-'}`,
    );
  /** Plans the change on one machine. @returns its request */
  async function planned(machineId: string): Promise<RequestWithPlan> {
    const job = await p.enqueue(machineId, { action: `${CHANGE}_plan`, requestedBy: anna.actor });
    return request((await p.ended(job.id)).requestId);
  }
  async function plannedOnAll(machineIds: readonly string[]): Promise<RequestWithPlan> {
    const id = await p.bulk.ask({ action: CHANGE, machineIds, parameters: {}, requestedBy: anna.actor });
    await until('the request is whole', async () => (await request(id)).planning === 0);
    return request(id);
  }
  /** A window of the whole fleet that opens in three hours. */
  async function windowLater(): Promise<void> {
    const opens = { cron: '@once', opens_at: new Date(Date.now() + 3 * 3_600_000), timezone: 'UTC' };
    const times = { duration_minutes: 60, created_at: new Date(), updated_at: new Date() };
    await insertRow(p.dataSource, 'maintenance_windows', {
      id: newId(),
      name: 'Nights',
      scope: 'fleet',
      ...opens,
      ...times,
    });
  }
  const given = ({ planDigest }: RequestWithPlan) => ({ digest: planDigest ?? '', accepted: [] });

  it('ends, handed out or not, with its own reason; other machines keep theirs', async () => {
    const [id, other] = [await p.machine('a'), await p.machine('b')];
    const handedOut = await p.enqueue(id, { parameters: { number: 1 } });
    const waiting = await p.enqueue(id, { parameters: { number: 2 } });
    const elsewhere = await p.enqueue(other);
    await archive(id);
    for (const job of [handedOut, waiting]) {
      expect(await p.job(job.id)).toMatchObject({ status: 'cancelled', phase: null, ...ARCHIVED });
    }
    expect(p.events.published.filter(({ type }) => type === 'job_cancelled')).toHaveLength(2);
    expect(await p.job(elsewhere.id)).toMatchObject({ status: 'queued' });
    expect((await p.claims.take('worker', { free: 5, fleet: 5 })).map(({ jobId }) => jobId)).toEqual([elsewhere.id]);
  });

  it('ends with its confirmed request, where it waits for its maintenance window', async () => {
    const id = await p.machine('a');
    p.work();
    const asked = await planned(id);
    await windowLater();
    const job = await p.requests.confirm(asked.id, given(asked), ben);
    expect(await p.job(job.id)).toMatchObject({ status: 'queued', windowName: 'Nights' });
    await archive(id);
    expect(await p.job(job.id)).toMatchObject({ status: 'cancelled', ...ARCHIVED });
    expect(await request(asked.id)).toMatchObject({ status: 'expired', decisionReason: REASON });
    expect(await standings(asked.id)).toEqual([`a expired ${REASON}`]);
  });

  it('leaves a confirmed request of several machines to the others', async () => {
    const ids = [await p.machine('a'), await p.machine('b')];
    p.work();
    const asked = await plannedOnAll(ids);
    await windowLater();
    await p.requests.confirmMany(asked.id, given(asked), ben);
    await archive(ids[0] ?? '');
    expect(await request(asked.id)).toMatchObject({ status: 'approved' });
    expect(await standings(asked.id)).toEqual([`a expired ${REASON}`, 'b pending -']);
    await archive(ids[1] ?? '');
    expect(await request(asked.id)).toMatchObject({ status: 'expired', decisionReason: REASON });
  });

  it('is no plan that anybody decides about any more', async () => {
    const id = await p.machine('a');
    p.work();
    const asked = await planned(id);
    await archive(id);
    expect(await request(asked.id)).toMatchObject({ status: 'expired', decisionReason: REASON });
    await expect(p.requests.confirm(asked.id, given(asked), ben)).rejects.toMatchObject({ code: 'plan_expired' });
  });

  it('is left out of an undecided request of several, which the others go on with by the same digest', async () => {
    const ids = [await p.machine('a'), await p.machine('b')];
    p.work();
    const asked = await plannedOnAll(ids);
    await archive(ids[0] ?? '');
    expect(await standings(asked.id)).toEqual([`a skipped ${REASON}`, 'b pending -']);
    await p.requests.confirmMany(asked.id, given(asked), ben);
    expect(await p.count('jobs', 'kind = $1 AND request_id = $2', [CHANGE, asked.id])).toBe(1);
  });

  it('is left out of a request that is planned still, and makes it whole where it was the last', async () => {
    const ids = [await p.machine('a'), await p.machine('b')];
    const id = await p.bulk.ask({ action: CHANGE, machineIds: ids, parameters: {}, requestedBy: anna.actor });
    await archive(ids[0] ?? '');
    expect(await standings(id)).toEqual([`a skipped ${REASON}`, 'b pending -']);
    await archive(ids[1] ?? '');
    expect(await request(id)).toMatchObject({ status: 'expired', decisionReason: REASON });
  });
});

describe('a machine that is archived and restored', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createWholeApp();
  }, 60_000);
  afterAll(() => test.close());

  it('has nothing of what waited there before', async () => {
    const administrator = test.as('administrator');
    const id = await addMachine(administrator, 'web-1');
    const job = { id: newId(), kind: 'machine_probe', machine_id: id, status: 'queued', phase: 'waiting' };
    await insertRow(test.dataSource, 'jobs', { ...job, created_at: new Date() });
    const found = () => queryOne(test.dataSource, 'SELECT status, error_kind FROM jobs WHERE id = $1', [job.id]);
    expect(await administrator.post(`/machines/${id}/archive`)).toMatchObject({ status: 204 });
    expect(await found()).toEqual({ status: 'cancelled', error_kind: 'machine_archived' });
    await administrator.post(`/machines/${id}/restore`);
    expect(await found()).toEqual({ status: 'cancelled', error_kind: 'machine_archived' });
  });

  it('keeps what waits there when it cannot be archived', async () => {
    const administrator = test.as('administrator');
    const id = await addMachine(administrator, 'web-2');
    const job = { kind: 'machine_probe', machine_id: id, created_at: new Date() };
    const [running, queued] = [newId(), newId()];
    await insertRow(test.dataSource, 'jobs', { ...job, id: running, status: 'running' });
    await insertRow(test.dataSource, 'jobs', { ...job, id: queued, status: 'queued', phase: 'waiting' });
    await affected(test.dataSource, 'UPDATE machine_state SET running_job_id = $2 WHERE machine_id = $1', [
      id,
      running,
    ]);
    expect(await administrator.post(`/machines/${id}/archive`)).toMatchObject({ status: 409 });
    const found = await queryOne(test.dataSource, 'SELECT status FROM jobs WHERE id = $1', [queued]);
    expect(found).toEqual({ status: 'queued' });
  });
});
