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

  async open(url: string, actions: readonly AnyAction[], look: string): Promise<void> {
    this.url = url;
    this.p = await JobsProcess.open(url, actions);
    this.p.contracts.register(CHANGE_PLAN_CONTRACT);
    this.p.remote.otherwise(() => answer({ look }));
    this.p.detached.machines = this.machines;
    this.machines.runs.clear();
    this.clock = new SetClock(NOON);
    this.a = new AutomationProcess(this.p, this.clock);
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

  /** Whatever machines have begun ends well. */
  endRuns(): void {
    for (const [run, { ending }] of this.machines.runs) if (ending === null) this.machines.end(run);
  }

  /** A single window of an hour that opens in so many hours, for these machines each. */
  async window(hours: number, ...machineIds: string[]): Promise<void> {
    for (const machineId of machineIds) {
      const opens = { cron: '@once', opens_at: new Date(Date.now() + hours * 3_600_000), timezone: 'UTC' };
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
    night.endRuns();
    await night.p.close();
    const source = await database.dataSource();
    for (const table of TABLES) await source.query(`DELETE FROM ${table}`);
  });
  return night;
}
