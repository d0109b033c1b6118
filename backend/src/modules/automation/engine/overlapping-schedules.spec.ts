import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { CHANGE, fakeAction, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { queryRows } from '../../../kernel/database/rows';
import { quoted } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { planActionName } from '../../jobs/actions/plan-action';

const DRIFTED = 'the machine differs from the plan';

/** What the machine has still to be changed by, as its plans say. */
let open: string[];
const night = scheduledNight(() => {
  open = ['upgrade a 1 2', 'upgrade b 1 2'];
  const change = fakeChange({
    planned: () => (open.length === 0 ? { kind: 'nothing', summary: quoted('nothing to do') } : fakePlan([...open])),
  });
  const collect = (run: FinishedChange) => {
    if (!run.log.includes(DRIFTED)) return change.collect(run, {} as never);
    const failure = { kind: 'plan_drifted', message: quoted(DRIFTED) };
    return { status: 'error', result: {}, important: {}, summary: quoted(DRIFTED), error: failure } as const;
  };
  return [fakeAction(), { ...change, packageEffects: () => [], collect }];
});
const { machines } = night;
const steps = night.steps.bind(night);
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;
let machine: string;

beforeEach(async () => {
  ({ p, a, clock } = night);
  machine = await p.machine();
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
    ids.push(await a.schedule([machine], changes('any')));
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
