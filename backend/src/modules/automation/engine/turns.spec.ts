import type { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { insertRow } from '../../../../test/support/insert-row';
import { fakeAction } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { NIGHT, scheduledNight } from '../../../../test/support/scheduled-night';
import { newId } from '../../../kernel/database/ids';
import { affected, queryRows } from '../../../kernel/database/rows';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const night = scheduledNight(() => [fakeAction()]);
const targets = night.targets.bind(night);
let p: JobsProcess;
let a: AutomationProcess;
let clock: SetClock;

beforeEach(() => {
  ({ p, a, clock } = night);
});

describe('machines for which a window is too short', () => {
  /** One night with time for one machine. @returns the machine that was begun */
  const oneNight = async (id: string, number: number): Promise<string> => {
    clock.at = new Date(NIGHT.getTime() + number * DAY_MS);
    await a.step();
    clock.at = new Date(clock.at.getTime() + 61 * MINUTE_MS);
    await affected(
      p.dataSource,
      `UPDATE jobs SET status = 'ok', phase = NULL, finished_at = now() WHERE status = 'queued'`,
    );
    await a.step();
    const all = await targets(id, number);
    const served = all.filter(({ status }) => status === 'ok');
    expect(all.filter(({ errorKind }) => errorKind === 'window_expired')).toHaveLength(all.length - 1);
    return served[0]?.machineName ?? '';
  };

  it('come first in the next run: each has its turn before one comes again', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const ids: string[] = [];
    for (const name of names) ids.push(await p.machine(name));
    const id = await a.schedule(ids, { concurrency: 1, windowSeconds: 3600 });
    const served: string[] = [];
    for (let number = 0; number < 10; number += 1) served.push(await oneNight(id, number));
    expect([...served.slice(0, 5)].sort()).toEqual(names);
    expect([...served.slice(5)].sort()).toEqual(names);
  });
});

describe('the turns of the machines of a run', () => {
  /** How machines ended in the run before, which had left each of them out already; and in how many in a row each was left out then. */
  const ends: readonly (readonly [status: string, errorKind: string | null, waited: number])[] = [
    ['ok', null, 0],
    ['error', 'apt_failed', 0],
    // Done in part: it was changed, and had its turn.
    ['warning', 'window_expired', 0],
    ['warning', 'approval_needed', 0],
    ['cancelled', 'machine_archived', 0],
    ['cancelled', 'window_expired', 2],
    ['cancelled', 'missed', 2],
    ['cancelled', 'cancelled', 2],
    ['queued', null, 2],
  ];

  it('begin with those that the run before left out; what was done there in part is none of them', async () => {
    const machines = await Promise.all(ends.map(([status, errorKind]) => p.machine(`${status} ${errorKind ?? '-'}`)));
    const id = await a.schedule(machines, { concurrency: 1 });
    const [occurrenceId, at] = [newId(), new Date(NIGHT.getTime() - DAY_MS)];
    const run = { id: occurrenceId, schedule_id: id, due_at: at, trigger: 'schedule', status: 'warning' };
    const times = { created_at: at, finished_at: at };
    await insertRow(p.dataSource, 'schedule_occurrences', { ...run, ...times, machines_count: ends.length });
    for (const [place, [status, errorKind]] of ends.entries()) {
      const row = { occurrence_id: occurrenceId, machine_id: machines[place], waited_runs: 1 };
      await insertRow(p.dataSource, 'schedule_occurrence_targets', { ...row, status, error_kind: errorKind });
    }
    clock.at = NIGHT;
    await a.step();
    const found = await queryRows<{ machine_id: string; waited_runs: number }>(p.dataSource, TURNS, [NIGHT]);
    const waited = new Map(found.map((row) => [row.machine_id, row.waited_runs]));
    expect(ends.map(([status, errorKind], place) => [status, errorKind, waited.get(machines[place] ?? '')])).toEqual(
      ends,
    );
    expect(found.map(({ waited_runs }) => waited_runs)).toEqual(ends.map(([, , runs]) => runs).sort((x, y) => y - x));
  });
});

const TURNS = `
  SELECT t.machine_id, t.waited_runs FROM schedule_occurrence_targets t JOIN schedule_occurrences o ON o.id = t.occurrence_id
  WHERE o.due_at = $1 ORDER BY t.turn`;
