import { AuditLog } from '../../src/kernel/audit/audit-log';
import { originOf, type RequestOrigin } from '../../src/kernel/audit/request-origin';
import { actorOf } from '../../src/kernel/auth/actor';
import { DatabaseClock } from '../../src/kernel/database/database-clock';
import { affected, queryRows } from '../../src/kernel/database/rows';
import { SCHEDULE_AUDIT } from '../../src/modules/automation/contracts/schedule-audit';
import { SCHEDULE_DOCUMENTS } from '../../src/modules/automation/contracts/schedule-documents';
import type { ChangeScheduleDto, SaveScheduleDto } from '../../src/modules/automation/dto/schedule-input.dto';
import { Firing } from '../../src/modules/automation/engine/firing';
import { HeldTargets } from '../../src/modules/automation/engine/held-targets';
import { Lapses } from '../../src/modules/automation/engine/lapses';
import { OccurrenceEnds } from '../../src/modules/automation/engine/occurrence-ends';
import { OccurrenceNews } from '../../src/modules/automation/engine/occurrence-news';
import { OccurrenceRunner } from '../../src/modules/automation/engine/occurrence-runner';
import { OccurrenceStops } from '../../src/modules/automation/engine/occurrence-stops';
import { Scheduler } from '../../src/modules/automation/engine/scheduler';
import { TargetOverrides } from '../../src/modules/automation/engine/target-overrides';
import { TargetStore } from '../../src/modules/automation/engine/target-store';
import { TargetWorker } from '../../src/modules/automation/engine/target-worker';
import { OccurrenceCommands } from '../../src/modules/automation/occurrences/occurrence-commands';
import type { OccurrenceRecord, TargetRecord } from '../../src/modules/automation/occurrences/occurrence-record';
import { OccurrencesReader } from '../../src/modules/automation/occurrences/occurrences.reader';
import { PolicyDecisions } from '../../src/modules/automation/policy/policy-decisions';
import { PolicyHolders } from '../../src/modules/automation/policy/policy-holders';
import { PolicyRefusals } from '../../src/modules/automation/policy/policy-refusals';
import { PolicySeals } from '../../src/modules/automation/policy/policy-seals';
import { StandingSchedules } from '../../src/modules/automation/policy/standing-schedules';
import { ScheduleInput } from '../../src/modules/automation/schedules/schedule-input';
import { SchedulesReader } from '../../src/modules/automation/schedules/schedules.reader';
import { Schedules } from '../../src/modules/automation/schedules/schedules.service';
import { MachineScope } from '../../src/modules/automation/scope/machine-scope';
import { JobsProcess, KEYRING } from './jobs-process';
import { READING } from './jobs-fakes';
import { principalOf } from './test-app';

/** The database's clock as a test sets it; all processes of a test may share one. */
export class SetClock extends DatabaseClock {
  constructor(public at: Date) {
    super();
  }

  override now(): Promise<Date> {
    return Promise.resolve(this.at);
  }
}

const administrator = principalOf('administrator');
const origin = originOf(actorOf(administrator));

/** The automation room of one process, on its jobs room; nothing happens by itself. */
export class AutomationProcess {
  readonly schedules: Schedules;
  readonly reader: SchedulesReader;
  readonly occurrences: OccurrencesReader;
  readonly held: HeldTargets;
  readonly scheduler: Scheduler;
  readonly runner: OccurrenceRunner;
  readonly commands: OccurrenceCommands;
  readonly overrides: TargetOverrides;

  constructor(
    readonly jobs: JobsProcess,
    readonly clock: DatabaseClock,
  ) {
    const { dataSource, transactions, contracts, registry, dispatcher, service, bus, events } = jobs;
    contracts.register(...SCHEDULE_DOCUMENTS, ...SCHEDULE_AUDIT);
    const audit = new AuditLog(jobs.clock, contracts);
    const news = new OccurrenceNews(events, contracts);
    const seals = new PolicySeals(KEYRING);
    const firing = new Firing(contracts, news, seals, bus);
    const targets = new TargetStore();
    this.held = new HeldTargets(transactions, jobs.gate, registry, contracts, bus, clock);
    const stops = new OccurrenceStops(targets, service, dispatcher);
    const input = new ScheduleInput(registry, new MachineScope(), clock);
    const policies = new PolicyDecisions(jobs.requestsReader, jobs.policyApprovals, new PolicyHolders(), registry);
    const refusals = new PolicyRefusals(audit, events);
    const ends = new OccurrenceEnds(targets, news, bus);
    this.occurrences = new OccurrencesReader(dataSource, contracts);
    this.reader = new SchedulesReader(dataSource, contracts, this.occurrences, seals);
    const standing = new StandingSchedules(this.reader, new MachineScope());
    const worker = new TargetWorker(targets, service, dispatcher, registry, policies, refusals, standing, this.held);
    this.schedules = new Schedules(
      transactions,
      this.reader,
      input,
      firing,
      stops,
      seals,
      contracts,
      clock,
      audit,
      bus,
    );
    this.scheduler = new Scheduler(transactions, clock, this.reader, firing);
    this.runner = new OccurrenceRunner(
      dataSource,
      transactions,
      clock,
      contracts,
      targets,
      this.held,
      worker,
      ends,
      new Lapses(),
      seals,
      bus,
    );
    this.overrides = new TargetOverrides(transactions, registry, contracts, clock, audit, bus);
    this.commands = new OccurrenceCommands(
      transactions,
      this.reader,
      this.occurrences,
      input,
      firing,
      stops,
      clock,
      audit,
      bus,
    );
  }

  /** A schedule of the fake reading on these machines, every night at half past two in Paris. @returns its id */
  async schedule(machineIds: readonly string[], more: Partial<SaveScheduleDto> = {}): Promise<string> {
    await affected(this.jobs.dataSource, USER, [administrator.userId, administrator.displayName]);
    return this.schedules.create(scheduleInput(machineIds, more), administrator, origin);
  }

  async change(id: string, machineIds: readonly string[], more: Partial<SaveScheduleDto>): Promise<void> {
    const { version } = await this.required(id);
    const input: ChangeScheduleDto = Object.assign(scheduleInput(machineIds, more), { version });
    await this.schedules.change(id, input, administrator, origin);
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    const { version } = await this.required(id);
    await this.schedules.setEnabled(id, enabled, version, administrator, origin);
  }

  async remove(id: string): Promise<void> {
    const { version } = await this.required(id);
    await this.schedules.remove(id, version, origin);
  }

  /** @param by a person other than the one who makes the schedules */
  async runNow(id: string, by: RequestOrigin = origin): Promise<OccurrenceRecord> {
    return this.commands.runNow(id, administrator, by);
  }

  async cancel(occurrenceId: string): Promise<OccurrenceRecord> {
    return this.commands.cancel(occurrenceId, 'enough', origin);
  }

  /** Outside the window that it waits for. */
  async beginNow(occurrenceId: string, machineId: string): Promise<void> {
    await this.overrides.begin(occurrenceId, machineId, 'the shop is down', origin);
  }

  /** What is due is started, and what goes on goes on. Tests set the clock ahead; a worker is taken to have been there all the while. */
  async step(): Promise<void> {
    await affected(this.jobs.dataSource, THERE, [await this.clock.now(this.jobs.dataSource.manager)]);
    await this.stepAfterAbsence();
  }

  /** The same where nobody was there since the last step. */
  async stepAfterAbsence(): Promise<void> {
    await this.scheduler.tick();
    await this.runner.advanceAll();
  }

  /** Every occurrence of a schedule, the oldest first. */
  async occurrencesOf(scheduleId: string): Promise<OccurrenceRecord[]> {
    const rows = await queryRows<{ id: string }>(
      this.jobs.dataSource,
      'SELECT id FROM schedule_occurrences WHERE schedule_id = $1 ORDER BY due_at',
      [scheduleId],
    );
    const found = await Promise.all(rows.map(({ id }) => this.occurrences.find(id)));
    return found.filter((one) => one !== null);
  }

  async targetsOf(occurrenceId: string): Promise<TargetRecord[]> {
    return (await this.occurrences.targets(occurrenceId, null, { limit: 200 })).items;
  }

  private async required(id: string) {
    const schedule = await this.reader.find(id);
    if (schedule === null) throw new Error('the schedule is gone');
    return schedule;
  }
}

const THERE = `UPDATE schedule_occurrences SET looked_at = $1, active_at = $1 WHERE status IN ('queued', 'running')`;

/** Who makes the schedules is a person with an account, as whoever confirms a policy must be. */
const USER = `
  INSERT INTO users (id, username, display_name, role, status, created_at, updated_at)
  VALUES ($1, 'administrator', $2, 'administrator', 'active', now(), now()) ON CONFLICT (id) DO NOTHING`;

export function scheduleInput(machineIds: readonly string[], more: Partial<SaveScheduleDto> = {}): SaveScheduleDto {
  const conditions = { securityUpdates: false, updates: false, rebootRequired: false, notAnalysedDays: null };
  return {
    name: 'Nightly',
    enabled: true,
    cron: '30 2 * * *',
    runAt: null,
    timezone: 'Europe/Paris',
    scope: { wholeFleet: false, machineIds: [...machineIds], tagIds: [], conditions },
    actions: [{ action: READING, parameters: {} }],
    concurrency: 10,
    notifyOn: [],
    missedRuns: 'skip',
    graceSeconds: 300,
    windowSeconds: null,
    policy: null,
    acknowledged: ['all_machines', 'no_machines'],
    ...more,
  };
}
