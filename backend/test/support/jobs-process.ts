import { DiscoveryService } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../src/kernel/audit/audit-log';
import { systemActor } from '../../src/kernel/auth/actor';
import { SystemClock } from '../../src/kernel/clock';
import type { Contract } from '../../src/kernel/contracts/contract';
import { Contracts } from '../../src/kernel/contracts/contracts';
import { document } from '../../src/kernel/contracts/schemas';
import { dataSourceOptions } from '../../src/kernel/database/data-source-options';
import { PostgresClock } from '../../src/kernel/database/database-clock';
import { affected, queryOne } from '../../src/kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../src/kernel/database/transaction';
import type { DomainEvent, DomainEventHandler } from '../../src/kernel/events/domain-event';
import { DomainEvents } from '../../src/kernel/events/domain-events';
import { PostgresLiveBus } from '../../src/kernel/live/postgres-live-bus';
import { WorkQueue } from '../../src/kernel/queue/work-queue';
import { Keyring } from '../../src/kernel/secrets/keyring';
import { SNAPSHOT_PATCH } from '../../src/modules/history/contracts/snapshot-patch';
import { Executions } from '../../src/modules/history/executions';
import { Snapshots } from '../../src/modules/history/snapshots';
import { ActionRegistry, type AnyAction } from '../../src/modules/jobs/actions/action-registry';
import { ArchivedWork } from '../../src/modules/jobs/archived-work';
import { ActionScripts } from '../../src/modules/jobs/actions/action-scripts';
import { ACTION_PLAN, REQUEST_PARAMETERS } from '../../src/modules/jobs/contracts/action-plan';
import { JOB_AUDIT } from '../../src/modules/jobs/contracts/job-events';
import { JOB_DOCUMENTS } from '../../src/modules/jobs/contracts/job-documents';
import { Dispatcher } from '../../src/modules/jobs/dispatcher';
import { ForcedStops } from '../../src/modules/jobs/forced-stops';
import { RunDurations } from '../../src/modules/jobs/gate/run-durations';
import { StartGate } from '../../src/modules/jobs/gate/start-gate';
import { WindowOverrides } from '../../src/modules/jobs/gate/window-overrides';
import { ApartRuns } from '../../src/modules/jobs/gate/apart-runs';
import { WindowHolds } from '../../src/modules/jobs/gate/window-holds';
import { JobLogRepository } from '../../src/modules/jobs/job-log.repository';
import type { JobRecord } from '../../src/modules/jobs/job-record';
import { JobsReader } from '../../src/modules/jobs/jobs.reader';
import { JobsService, type EnqueueRequest } from '../../src/modules/jobs/jobs.service';
import { DeadLettersReader } from '../../src/modules/jobs/letters/dead-letters.reader';
import { DeadLetters } from '../../src/modules/jobs/letters/dead-letters.service';
import { LETTERS_AUDIT } from '../../src/modules/jobs/letters/letters-audit';
import { MachineEligibility } from '../../src/modules/jobs/machine-eligibility';
import { BulkPlans } from '../../src/modules/jobs/requests/bulk-plans';
import { ConfirmedPlans } from '../../src/modules/jobs/requests/confirmed-plans';
import { OlderPlans } from '../../src/modules/jobs/requests/older-plans';
import { PlanRecorder } from '../../src/modules/jobs/requests/plan-recorder';
import { PolicyApprovals } from '../../src/modules/jobs/requests/policy-approvals';
import { RequestExpiry } from '../../src/modules/jobs/requests/request-expiry';
import { RequestTargets } from '../../src/modules/jobs/requests/request-targets';
import { RequestSeals } from '../../src/modules/jobs/requests/request-seals';
import { REQUESTS_AUDIT } from '../../src/modules/jobs/requests/requests-audit';
import { RestoredWork } from '../../src/modules/jobs/restored-work';
import { RequestsReader } from '../../src/modules/jobs/requests/requests.reader';
import { Requests } from '../../src/modules/jobs/requests/requests.service';
import { REQUEST_APPROVAL } from '../../src/modules/jobs/rules/approval';
import { APPROVAL_CONDITIONS } from '../../src/modules/jobs/rules/approval-conditions';
import { APPROVAL_RULES_AUDIT } from '../../src/modules/jobs/rules/approval-rules-audit';
import { ApprovalRulesRepository } from '../../src/modules/jobs/rules/approval-rules.repository';
import { Approvals } from '../../src/modules/jobs/rules/approvals';
import { Claims, type Claim } from '../../src/modules/jobs/worker/claims';
import { ChangeOutcomes } from '../../src/modules/jobs/worker/change-outcomes';
import { JobWorker, type WorkerSettings } from '../../src/modules/jobs/worker/job-worker';
import { JobHistory } from '../../src/modules/jobs/worker/job-history';
import { Outcomes } from '../../src/modules/jobs/worker/outcomes';
import { UnknownOutcomes } from '../../src/modules/jobs/worker/unknown-outcomes';
import { StartRooms } from '../../src/modules/jobs/worker/start-room';
import { Sweeper } from '../../src/modules/jobs/worker/sweeper';
import { MachineState } from '../../src/modules/machines/machine-state';
import { MaintenanceWindows } from '../../src/modules/windows/maintenance-windows';
import { WindowsRepository } from '../../src/modules/windows/windows.repository';
import { APP_SETTINGS, type AppSettingKey } from '../../src/modules/settings/registry/app-settings';
import type { SettingsService } from '../../src/modules/settings/settings.service';
import { FakeDetached } from './fake-detached';
import { CHANGE_RESULT_CONTRACTS, FakeRemote, READING } from './jobs-fakes';
import { until } from './ssh-wait';
import { insertWorkable } from './workable-machine';

/** All processes of an installation hold the same key. */
export const KEYRING = new Keyring([{ id: 'test', bytes: Buffer.alloc(32, 7) }]);

/** Keeps what was published, and only when it was committed. */
class RecordedEvents extends DomainEvents {
  readonly published: DomainEvent[] = [];

  constructor() {
    super(undefined as never, undefined as never);
  }

  /** What the application would find by its decorator. */
  handler: DomainEventHandler | undefined;

  override async publish(tx: Transaction, event: DomainEvent): Promise<void> {
    tx.afterCommit(() => void this.published.push(event));
    if (event.type.startsWith('job_')) await this.handler?.(event, tx);
  }
}

/** As the program is delivered. */
const deliveredSettings = {
  get: (key: AppSettingKey) => Promise.resolve(APP_SETTINGS[key].default),
} as unknown as SettingsService;

/** A process's clock that may be wrong by so much. */
class SkewedClock extends SystemClock {
  wrongByMs = 0;

  override now(): Date {
    return new Date(super.now().getTime() + this.wrongByMs);
  }
}

/** A contract of the fake reading's document that takes any object. */
function anything(name: string, part: 'payload' | 'important'): Contract {
  const body = { ...document(1, {}), additionalProperties: true };
  return { name, title: name, description: name, columns: [`snapshots.${part}_json`], versions: { 1: { body } } };
}

/**
 * The jobs room of one process, put together by hand on a real database and a real queue: tests open several of them
 * to have several processes. Only the machines are fakes.
 */
export class JobsProcess {
  /** Of the process: what it decides by the clock of all processes does not change when this one is wrong. */
  readonly clock = new SkewedClock();
  readonly shared = new PostgresClock();
  readonly remote = new FakeRemote();
  readonly detached = new FakeDetached();
  readonly events = new RecordedEvents();
  readonly contracts = new Contracts();
  readonly seals = new RequestSeals(KEYRING);
  readonly registry: ActionRegistry;
  readonly transactions: TransactionRunner;
  readonly reader: JobsReader;
  readonly logs: JobLogRepository;
  readonly dispatcher: Dispatcher;
  readonly history: JobHistory;
  readonly machineState: MachineState;
  readonly service: JobsService;
  readonly requests: Requests;
  readonly letters: DeadLetters;
  readonly lettersReader: DeadLettersReader;
  readonly policyApprovals: PolicyApprovals;
  readonly confirmed: ConfirmedPlans;
  readonly bulk: BulkPlans;
  readonly requestsReader: RequestsReader;
  readonly expiry: RequestExpiry;
  readonly archivedWork: ArchivedWork;
  readonly restoredWork: RestoredWork;
  readonly sweeper: Sweeper;
  readonly rooms: StartRooms;
  readonly claims: Claims;
  readonly outcomes: Outcomes;
  readonly unknown: UnknownOutcomes;
  readonly forcedStops: ForcedStops;
  readonly windowOverrides: WindowOverrides;
  readonly holds: WindowHolds;
  readonly gate: StartGate;
  private readonly workers: JobWorker[] = [];

  private constructor(
    readonly dataSource: DataSource,
    readonly bus: PostgresLiveBus,
    readonly queue: WorkQueue,
  ) {
    const { clock, contracts, shared } = this;
    const { seals } = this;
    const approvals = new Approvals(new ApprovalRulesRepository(contracts));
    const older = new OlderPlans(bus);
    const plans = new PlanRecorder(contracts, approvals, seals, older, bus, shared, deliveredSettings);
    const registry = new ActionRegistry({ getProviders: () => [] } as unknown as DiscoveryService, contracts, plans);
    this.registry = registry;
    contracts.register(
      anything(READING, 'payload'),
      anything(`${READING}.important`, 'important'),
      SNAPSHOT_PATCH,
      ...JOB_DOCUMENTS,
      ...CHANGE_RESULT_CONTRACTS,
      ACTION_PLAN,
      REQUEST_PARAMETERS,
      REQUEST_APPROVAL,
      APPROVAL_CONDITIONS,
      ...APPROVAL_RULES_AUDIT,
      ...REQUESTS_AUDIT,
      ...JOB_AUDIT,
      ...LETTERS_AUDIT,
    );
    this.transactions = new TransactionRunner(dataSource);
    this.reader = new JobsReader(dataSource, contracts);
    this.logs = new JobLogRepository(dataSource, contracts);
    this.dispatcher = new Dispatcher(queue, bus);
    this.history = new JobHistory(this.events, registry, bus, clock);
    this.machineState = new MachineState(clock, bus);
    const eligibility = new MachineEligibility();
    this.gate = new StartGate(
      new MaintenanceWindows(new WindowsRepository()),
      new RunDurations(this.registry),
      this.shared,
    );
    const { transactions, dispatcher, reader, history, machineState, gate } = this;
    this.service = new JobsService(transactions, registry, dispatcher, reader, history, bus, eligibility, gate);
    const holds = new WindowHolds(transactions, registry, dispatcher, gate, history, contracts, bus);
    this.holds = holds;
    this.requestsReader = new RequestsReader(dataSource, contracts, this.shared);
    const audit = new AuditLog(clock, contracts);
    const targets = new RequestTargets(dataSource, contracts);
    this.bulk = new BulkPlans(transactions, registry, this.service, targets, approvals, seals, contracts, bus, shared);
    this.letters = new DeadLetters(transactions, this.service, registry, dispatcher, audit, bus);
    this.lettersReader = new DeadLettersReader(dataSource, reader);
    this.requests = new Requests(
      transactions,
      this.requestsReader,
      targets,
      this.bulk,
      this.service,
      dispatcher,
      approvals,
      seals,
      this.letters,
      audit,
      bus,
      shared,
    );
    this.policyApprovals = new PolicyApprovals(
      this.requestsReader,
      this.service,
      dispatcher,
      approvals,
      seals,
      gate,
      registry,
      audit,
      bus,
      shared,
    );
    this.confirmed = new ConfirmedPlans(transactions, contracts, seals, registry, bus);
    this.expiry = new RequestExpiry(transactions, this.bulk, bus, shared);
    this.archivedWork = new ArchivedWork(dispatcher, older, history, contracts);
    this.restoredWork = new RestoredWork(transactions, dispatcher, registry, history, contracts, audit);
    this.events.handler = async (event, tx) => {
      await this.bulk.planningEnded(event, tx);
      if (event.type === 'job_cancelled' || event.type === 'job_failed') await this.expiry.ended(event, tx);
    };
    this.sweeper = new Sweeper(
      dataSource,
      transactions,
      queue,
      dispatcher,
      machineState,
      history,
      contracts,
      registry,
      holds,
    );
    const executions = new Executions(contracts);
    this.rooms = new StartRooms(dataSource);
    this.claims = new Claims(
      dataSource,
      transactions,
      queue,
      registry,
      machineState,
      bus,
      contracts,
      executions,
      holds,
      new ApartRuns(registry, bus),
      this.rooms,
    );
    const changes = new ChangeOutcomes(executions, this.confirmed, this.service, this.registry);
    this.unknown = new UnknownOutcomes(transactions, dispatcher, changes, machineState, history, audit, contracts);
    this.forcedStops = new ForcedStops(transactions, dispatcher, reader, registry, audit, bus);
    this.windowOverrides = new WindowOverrides(transactions, dispatcher, reader, registry, audit, bus);
    const snapshots = new Snapshots(dataSource, contracts, clock);
    this.outcomes = new Outcomes(
      transactions,
      registry,
      dispatcher,
      snapshots,
      machineState,
      history,
      contracts,
      changes,
    );
  }

  static async open(url: string, actions: readonly AnyAction[]): Promise<JobsProcess> {
    const dataSource = new DataSource({ ...dataSourceOptions({ url }), entities: [], migrations: [] });
    await dataSource.initialize();
    const bus = new PostgresLiveBus(dataSource, url, { collectMs: 10, checkLostMs: 500 });
    const queue = new WorkQueue({ url, supervise: false });
    await bus.start();
    await queue.start();
    const process = new JobsProcess(dataSource, bus, queue);
    for (const action of actions) process.registry.register(action);
    return process;
  }

  /** Starts a worker; `close()` stops it. */
  work(settings: Partial<WorkerSettings> = {}): JobWorker {
    const worker = new JobWorker(
      { concurrency: 5, fleetConcurrency: 50, graceMs: 200, sweepEveryMs: 500, chance: () => 1, ...settings },
      {
        claims: this.claims,
        outcomes: this.outcomes,
        rooms: this.rooms,
        sweeper: this.sweeper,
        expiry: this.expiry,
        registry: this.registry,
        scripts: new ActionScripts(),
        runner: this.remote,
        detached: this.detached,
        requests: this.confirmed,
        windows: this.holds,
        log: this.logs,
        bus: this.bus,
        clock: this.clock,
      },
    );
    this.workers.push(worker);
    worker.start();
    return worker;
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.stop();
    await this.bus.stop();
    await this.queue.stop();
    await this.dataSource.destroy();
  }

  /** Asks for the fake reading, or what `more` says. */
  async enqueue(machineId: string, more: Partial<EnqueueRequest> = {}): Promise<JobRecord> {
    return (await this.service.enqueue({ machineId, action: READING, requestedBy: systemActor, ...more })).job;
  }

  async job(id: string): Promise<JobRecord> {
    const found = await this.reader.find(id);
    if (found === null) throw new Error('the job is gone');
    return found;
  }

  async isRunning(id: string): Promise<boolean> {
    return (await this.job(id)).status === 'running';
  }

  /** Waits for the job's end. */
  async ended(id: string, limitMs = 10_000): Promise<JobRecord> {
    const over = async () => !['queued', 'running'].includes((await this.job(id)).status);
    await until(`job ${id} ends`, over, limitMs);
    return this.job(id);
  }

  /** Takes one job as a worker of that name would, and leaves it at that. */
  async takeOne(worker: string): Promise<Claim> {
    const [claim] = await this.claims.take(worker, { free: 1, fleet: 50 });
    if (claim === undefined) throw new Error('there was nothing to take');
    return claim;
  }

  /** Lets the lease of the job's lock run out. */
  async expire(jobId: string): Promise<void> {
    const sql = `UPDATE machine_locks SET expires_at = clock_timestamp() - interval '1 second' WHERE job_id = $1`;
    if ((await affected(this.dataSource, sql, [jobId])) !== 1) throw new Error('the job holds no lock');
  }

  /** Sweeps, as workers do every ten seconds. A fresh database server must first have been up for as long as a lease. */
  async sweepUntil(what: string, condition: () => Promise<boolean>): Promise<void> {
    const sweep = async () => {
      await this.sweeper.sweep();
      return condition();
    };
    await until(what, sweep, 40_000);
  }

  async count(table: string, where = 'true', params: readonly unknown[] = []): Promise<number> {
    const row = await queryOne<{ n: number }>(
      this.dataSource,
      `SELECT count(*)::int AS n FROM ${table} WHERE ${where}`,
      params,
    );
    return row?.n ?? 0;
  }

  /** A machine that may be worked on. */
  async machine(name = 'alpha'): Promise<string> {
    const id = await insertWorkable(this.dataSource, name);
    await this.transactions.run((tx) => this.machineState.create(tx, id));
    return id;
  }
}
