import type { DataSource } from 'typeorm';
import { newId } from '../../src/kernel/database/ids';
import { affected } from '../../src/kernel/database/rows';
import type { SaveScheduleDto, SchedulePolicyDto } from '../../src/modules/automation/dto/schedule-input.dto';
import type { OccurrenceRecord, TargetRecord } from '../../src/modules/automation/occurrences/occurrence-record';
import type { AnyAction } from '../../src/modules/jobs/actions/action-registry';
import { AutomationProcess, SetClock } from './automation-process';
import { FakeMachines } from './fake-detached';
import { insertRow } from './insert-row';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT } from './jobs-fakes';
import { JobsProcess } from './jobs-process';
import { createTestDatabase, type TestDatabase } from './postgres';
import { until } from './ssh-wait';

/** When the schedules of a test are made. */
const NOON = new Date('2026-11-25T12:00:00Z');
/** When they are due for the first time: half past two in Paris. */
export const NIGHT = new Date('2026-11-26T01:30:00Z');
const HOUR_MS = 3_600_000;
const TABLES = ['machine_locks', 'schedules', 'maintenance_windows', 'machines', 'tags', 'approval_rules'];

/** Upgrades by themselves, from all archives or those of security updates. */
export function upgradesFrom(archives: SchedulePolicyDto['archives']): SchedulePolicyDto {
  const nothingElse = { removals: false, newPackages: false, downgrades: false, accepted: [] };
  return { archives, origins: null, packages: null, excludedPackages: [], ...nothingElse };
}

/** What a schedule of the fake change is saved with. */
export function changes(archives: SchedulePolicyDto['archives']): Pick<SaveScheduleDto, 'policy' | 'actions'> {
  return { policy: upgradesFrom(archives), actions: [{ action: CHANGE, parameters: {} }] };
}

/** Rooms of jobs and schedules on a database of the test file's own, with machines that are played; anew for each test. */
export class ScheduledNight {
  readonly machines = new FakeMachines();
  /** Of the database. */
  url!: string;
  p!: JobsProcess;
  a!: AutomationProcess;
  clock!: SetClock;
  private actions!: readonly AnyAction[];
  private readonly others: JobsProcess[] = [];

  async open(url: string, actions: readonly AnyAction[], look: string): Promise<void> {
    this.url = url;
    this.actions = actions;
    this.p = await JobsProcess.open(url, actions);
    this.p.contracts.register(CHANGE_PLAN_CONTRACT);
    this.p.remote.otherwise(() => answer({ look }));
    this.p.detached.machines = this.machines;
    this.machines.runs.clear();
    this.machines.now = () => new Date();
    this.clock = new SetClock(NOON);
    this.a = new AutomationProcess(this.p, this.clock);
  }

  /** A process that begins now and knows nothing of what was before. */
  async another(): Promise<AutomationProcess> {
    const process = await JobsProcess.open(this.url, this.actions);
    this.others.push(process);
    return new AutomationProcess(process, this.clock);
  }

  async close(): Promise<void> {
    this.endRuns();
    for (const process of [this.p, ...this.others.splice(0)]) await process.close();
  }

  async steps(what: string, met: () => boolean | Promise<boolean>): Promise<void> {
    await until(what, async () => {
      await this.a.step();
      return met();
    });
  }

  /** Goes on until the newest run of the schedule is over, as a worker does on news. */
  async over(scheduleId: string, meanwhile: () => void = () => undefined): Promise<OccurrenceRecord> {
    const newest = async () => (await this.a.occurrencesOf(scheduleId)).at(-1);
    await this.steps('the run ends', async () => {
      meanwhile();
      return ((await newest())?.finishedAt ?? null) !== null;
    });
    const occurrence = await newest();
    if (occurrence === undefined) throw new Error('there was no run');
    return occurrence;
  }

  /** The machines of a run, counted from 0 by its due time. */
  async targets(scheduleId: string, run = 0): Promise<TargetRecord[]> {
    const occurrence = (await this.a.occurrencesOf(scheduleId))[run];
    return occurrence === undefined ? [] : this.a.targetsOf(occurrence.id);
  }

  /** A schedule of the change that has become due, at the time that the database has. */
  async due(machineIds: readonly string[], more: Partial<SaveScheduleDto> = {}): Promise<string> {
    const id = await this.a.schedule(machineIds, { ...changes('any'), ...more });
    this.clock.at = NIGHT;
    await this.a.scheduler.tick();
    this.clock.at = new Date();
    return id;
  }

  /** The run before had no place for this machine: in the one that is due its turn comes first. */
  async leftOutBefore(scheduleId: string, machineId: string): Promise<void> {
    const [id, at] = [newId(), new Date(NIGHT.getTime() - 24 * HOUR_MS)];
    const run = { id, schedule_id: scheduleId, due_at: at, trigger: 'schedule', status: 'cancelled' };
    const times = { created_at: at, finished_at: at };
    await insertRow(this.p.dataSource, 'schedule_occurrences', { ...run, ...times, machines_count: 1 });
    const end = { status: 'cancelled', error_kind: 'window_expired', finished_at: at };
    await insertRow(this.p.dataSource, 'schedule_occurrence_targets', {
      occurrence_id: id,
      machine_id: machineId,
      ...end,
    });
  }

  /** Its run, though there may be one of an earlier night. */
  async dueRun(scheduleId: string): Promise<OccurrenceRecord | undefined> {
    return (await this.a.occurrencesOf(scheduleId)).find(({ dueAt }) => dueAt >= NIGHT);
  }

  async dueTargets(scheduleId: string): Promise<TargetRecord[]> {
    const run = await this.dueRun(scheduleId);
    return run === undefined ? [] : this.a.targetsOf(run.id);
  }

  /** So many machines of that run wait for their windows. */
  async held(scheduleId: string, count = 1): Promise<void> {
    await this.steps(`${String(count)} wait for their windows`, async () => {
      const all = await this.dueTargets(scheduleId);
      return all.filter(({ status, resumeAt }) => status === 'queued' && resumeAt !== null).length === count;
    });
  }

  /** Whatever machines have begun ends well. */
  endRuns(): void {
    for (const [run, { ending }] of this.machines.runs) if (ending === null) this.machines.end(run);
  }

  /** A single window of an hour that opens in so many hours, for these machines each. */
  window(hours: number, ...machineIds: string[]): Promise<void> {
    return this.windowsThatOpen('@once', hours, machineIds);
  }

  /** The same, day by day. */
  dailyWindow(hours: number, ...machineIds: string[]): Promise<void> {
    const at = new Date(Date.now() + hours * HOUR_MS);
    return this.windowsThatOpen(`${String(at.getUTCMinutes())} ${String(at.getUTCHours())} * * *`, hours, machineIds);
  }

  private async windowsThatOpen(cron: string, hours: number, machineIds: readonly string[]): Promise<void> {
    for (const machineId of machineIds) {
      const opensAt = cron === '@once' ? new Date(Date.now() + hours * HOUR_MS) : null;
      const opens = { cron, opens_at: opensAt, timezone: 'UTC' };
      const times = { duration_minutes: 60, created_at: new Date(), updated_at: new Date() };
      const of = { scope: 'machine', machine_id: machineId };
      await insertRow(this.p.dataSource, 'maintenance_windows', {
        id: newId(),
        name: 'Nights',
        ...of,
        ...opens,
        ...times,
      });
    }
  }

  /** So many hours pass from now, by the clock of the database, that of the schedules and those of the machines. */
  async pass(hours: number): Promise<void> {
    await setDatabaseAhead(this.p.dataSource, hours);
    this.machines.now = () => new Date(Date.now() + hours * HOUR_MS);
    this.clock.at = new Date(Date.now() + hours * HOUR_MS);
  }

  openWindows(): Promise<void> {
    return this.changeWindows('opens_at = now()');
  }

  /** As somebody would who edits all of them, but for what the portal checks. */
  async changeWindows(set: string): Promise<void> {
    await affected(this.p.dataSource, `UPDATE maintenance_windows SET ${set}`, []);
    await this.p.transactions.run((tx) => this.a.held.lookAgain({ machineId: null }, tx));
  }

  /** A rule of approval, of every request where it has no conditions. */
  async rule(demand: 'four_eyes' | 'administrators', name = 'Two people', conditions: object = {}): Promise<void> {
    const any = { actions: [], risks: [], requesters: [], tag_ids: [], min_machines: null, origin: null };
    await insertRow(this.p.dataSource, 'approval_rules', {
      id: newId(),
      name,
      enabled: true,
      version: 1,
      demand,
      conditions_json: { schema_version: 1, ...any, removals: false, new_packages: false, ...conditions },
      created_at: new Date(),
      created_by: 'Anna',
      updated_at: new Date(),
      updated_by: 'Anna',
    });
  }
}

async function setDatabaseAhead(source: DataSource, hours: number): Promise<void> {
  const clock = `SELECT clock_timestamp() + interval '${String(hours)} hours'`;
  await affected(
    source,
    `CREATE OR REPLACE FUNCTION database_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ ${clock} $$`,
    [],
  );
}

/**
 * Has each test of the file begin at noon before the night.
 * @param actions made anew for each test
 * @param look what reading runs answer, unless a test says otherwise
 */
export function scheduledNight(actions: () => readonly AnyAction[], look = 'fine'): ScheduledNight {
  const night = new ScheduledNight();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  beforeEach(() => night.open(database.url, actions(), look));
  afterEach(async () => {
    await night.close();
    const source = await database.dataSource();
    await setDatabaseAhead(source, 0);
    for (const table of TABLES) await source.query(`DELETE FROM ${table}`);
  });
  return night;
}
