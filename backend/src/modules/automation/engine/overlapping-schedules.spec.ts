import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { FakeMachines } from '../../../../test/support/fake-detached';
import {
  answer,
  CHANGE,
  CHANGE_PLAN_CONTRACT,
  fakeAction,
  fakeChange,
  fakePlan,
} from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { until } from '../../../../test/support/ssh-wait';
import { queryRows } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { planActionName } from '../../jobs/actions/plan-action';
import type { SchedulePolicyDto } from '../dto/schedule-input.dto';

const NIGHT = new Date('2026-11-26T01:30:00Z');
const POLICY: SchedulePolicyDto = {
  archives: 'any',
  origins: null,
  packages: null,
  excludedPackages: [],
  removals: false,
  newPackages: false,
  downgrades: false,
  accepted: [],
};
const DRIFTED = 'the machine differs from the plan';

let database: TestDatabase;
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let machine: string;
/** What the machine has still to be changed by, as its plans say. */
let open: string[];
const machines = new FakeMachines();

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const change = fakeChange({
    planned: () => (open.length === 0 ? { kind: 'nothing', summary: quoted('nothing to do') } : fakePlan([...open])),
  });
  const collect = (run: FinishedChange) => {
    if (!run.log.includes(DRIFTED)) return change.collect(run, {} as never);
    const failure = { kind: 'plan_drifted', message: quoted(DRIFTED) };
    return { status: 'error', result: {}, important: {}, summary: quoted(DRIFTED), error: failure } as const;
  };
  p = await JobsProcess.open(database.url, [fakeAction(), { ...change, packageEffects: () => [], collect }]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  clock = new SetClock(new Date('2026-11-25T12:00:00Z'));
  a = new AutomationProcess(p, clock);
  p.remote.otherwise(() => answer({ look: 'fine' }));
  p.detached.machines = machines;
  machines.runs.clear();
  open = ['upgrade a 1 2', 'upgrade b 1 2'];
  machine = await p.machine();
});
afterEach(async () => {
  await p.close();
  const source = await database.dataSource();
  for (const table of ['machine_locks', 'schedules', 'machines']) await source.query(`DELETE FROM ${table}`);
});

const steps = (what: string, met: () => boolean | Promise<boolean>) =>
  until(what, async () => {
    await a.step();
    return met();
  });
const over = async (ids: readonly string[]) => {
  const all = await Promise.all(ids.map((id) => a.occurrencesOf(id)));
  return all.flat().every(({ finishedAt }) => finishedAt !== null);
};
/** As the machine does: what differs from it changes nothing. @param carriesOut what a run takes of the rest */
async function endRuns(ids: readonly string[], carriesOut: (planned: readonly string[]) => string[] | null) {
  await steps('all runs are over', async () => {
    for (const [id, { ending }] of machines.runs) {
      if (ending !== null) continue;
      const [row] = await queryRows<{ lines: string[] }>(
        p.dataSource,
        `SELECT t.plan_json -> 'lines' AS lines FROM jobs j JOIN action_request_targets t ON t.request_id = j.request_id WHERE j.id = $1`,
        [id],
      );
      const left = carriesOut(row?.lines ?? []);
      if (left === null) machines.print(id, DRIFTED);
      else open = left;
      machines.end(id);
    }
    return over(ids);
  });
}
const asPlanned = (planned: readonly string[]) => (planned.join() === open.join() ? [] : null);
async function schedules(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await a.schedule([machine], { policy: POLICY, actions: [{ action: CHANGE, parameters: {} }] }));
  }
  clock.at = NIGHT;
  await steps('all are planned before one is changed', async () => {
    return (await p.count('jobs', 'kind = $1', [planActionName(CHANGE)])) === count;
  });
  p.work();
  await steps('each waits to carry out its plan', async () => (await p.count('jobs', 'kind = $1', [CHANGE])) === count);
  return ids;
}
async function outcome(id: string) {
  const [occurrence] = await a.occurrencesOf(id);
  const [target] = await a.targetsOf(occurrence?.id ?? '');
  return { run: occurrence?.status, kind: target?.errorKind, request: target?.requestId };
}
const ends = () =>
  queryRows<{ kind: string; error_kind: string | null }>(
    p.dataSource,
    'SELECT kind, error_kind FROM jobs ORDER BY created_at, id',
    [],
  );

describe('schedules that are due at the same moment for the same machine', () => {
  it('end well: what the first has changed, the others find done', async () => {
    const ids = await schedules(3);
    await endRuns(ids, asPlanned);
    const outcomes = await Promise.all(ids.map(outcome));
    expect(outcomes.map(({ run, kind }) => ({ run, kind }))).toEqual(Array(3).fill({ run: 'ok', kind: null }));
    // Of those that had nothing to do no plan is left that would seem to have been carried out.
    expect(outcomes.filter(({ request }) => request === null)).toHaveLength(2);
    const jobs = await ends();
    expect(jobs.filter(({ error_kind }) => error_kind === 'plan_drifted')).toHaveLength(2);
    expect(jobs.filter(({ kind }) => kind === CHANGE)).toHaveLength(3);
    expect(jobs.filter(({ kind }) => kind === planActionName(CHANGE))).toHaveLength(5);
  });

  it('carry out what the first has left, by the plan of then', async () => {
    const ids = await schedules(2);
    let first = true;
    await endRuns(ids, (planned) => {
      if (!first) return asPlanned(planned);
      first = false;
      return ['upgrade b 1 2'];
    });
    expect((await Promise.all(ids.map(outcome))).map(({ run }) => run)).toEqual(['ok', 'ok']);
    expect(open).toEqual([]);
    expect((await ends()).filter(({ kind }) => kind === CHANGE)).toHaveLength(3);
  });

  it('give up on a machine that differs from each plan', async () => {
    const ids = await schedules(1);
    await endRuns(ids, () => null);
    expect(await outcome(ids[0] ?? '')).toMatchObject({ run: 'error', kind: 'plan_drifted' });
    expect((await ends()).filter(({ kind }) => kind === CHANGE)).toHaveLength(4);
  });

  it('plan nothing anew once the run was cancelled', async () => {
    const [id = ''] = await schedules(1);
    const [occurrence] = await a.occurrencesOf(id);
    await until('it is at work', () => machines.runs.size === 1);
    await a.cancel(occurrence?.id ?? '');
    await endRuns([id], () => null);
    expect(await outcome(id)).toMatchObject({ run: 'cancelled', kind: 'cancelled' });
    expect((await ends()).filter(({ kind }) => kind === CHANGE)).toHaveLength(1);
  });
});
