import type { DataSource } from 'typeorm';
import type { ApiClient } from './api-client';
import { at } from './at';
import { Changes } from './changes';
import { Installation, type ProductProcess } from './installation';
import { KINDS, machinesOf, renew, type Kind } from './kinds';
import { MachineJobs } from './machine-jobs';
import { createTestDatabase, type TestDatabase } from './postgres';
import type { RealMachine } from './real-machines';
import { prepared, Upgrades } from './upgrades';

export interface EnrolledMachine {
  readonly kind: Kind;
  readonly machine: RealMachine;
  readonly id: string;
}

interface Options {
  /** Of which kinds there is one; of all, when absent. */
  readonly kinds?: readonly Kind[];
  /** So many, in processes of their own; with none, one process does everything. */
  readonly workers?: number;
  readonly workerSettings?: NodeJS.ProcessEnv;
  /** The PostgreSQL to stand on, when not the run's. */
  readonly adminUrl?: string;
  /** How the installation reaches a machine, when not as it is. */
  readonly reach?: (machine: RealMachine) => RealMachine;
}

/** A fresh installation, and machines of the fleet, one of each kind, fresh and enrolled in it. */
export class EnrolledMachines {
  readonly jobs: MachineJobs;
  readonly changes: Changes;
  readonly upgrades: Upgrades;
  readonly workers: ProductProcess[] = [];

  private constructor(
    private readonly database: TestDatabase,
    private readonly installation: Installation,
    readonly dataSource: DataSource,
    readonly api: ApiClient,
    readonly all: readonly EnrolledMachine[],
  ) {
    this.jobs = new MachineJobs(api);
    this.changes = new Changes(api, this.jobs);
    this.upgrades = new Upgrades(api, dataSource);
  }

  static async open({
    kinds = KINDS,
    workers = 0,
    workerSettings = {},
    adminUrl,
    reach,
  }: Options = {}): Promise<EnrolledMachines> {
    const fresh = machinesOf(kinds);
    renew(fresh);
    const database = await createTestDatabase(adminUrl === undefined ? {} : { adminUrl });
    const installation = new Installation(database.url);
    const api = await installation.administrator(await installation.start(workers === 0 ? 'all' : 'api'));
    const all: EnrolledMachine[] = [];
    for (const [index, machine] of fresh.entries()) {
      const id = await api.enrol(reach === undefined ? machine : reach(machine));
      all.push({ kind: at(kinds, index), machine, id });
    }
    const opened = new EnrolledMachines(database, installation, await database.dataSource(), api, all);
    while (opened.workers.length < workers) await opened.addWorker(workerSettings);
    return opened;
  }

  async addWorker(settings: NodeJS.ProcessEnv = {}): Promise<ProductProcess> {
    const worker = await this.installation.start('worker', settings);
    this.workers.push(worker);
    return worker;
  }

  of(kind: Kind): EnrolledMachine {
    const found = this.all.find((one) => one.kind === kind);
    if (found === undefined) throw new Error(`there is no ${kind} here`);
    return found;
  }

  /**
   * On all machines at once, and on each to its end: what one still does must not reach into the next test.
   * @throws Error that names the kinds on which it failed
   */
  async everywhere<T>(work: (one: EnrolledMachine, index: number) => Promise<T> | T): Promise<T[]> {
    const outcomes = await Promise.allSettled(this.all.map(async (one, index) => work(one, index)));
    const failures = outcomes.flatMap((outcome, index) =>
      outcome.status === 'rejected' ? [{ kind: at(this.all, index).kind, reason: outcome.reason as unknown }] : [],
    );
    const [first] = failures;
    if (first !== undefined)
      throw new Error(`on ${failures.map(({ kind }) => kind).join(', ')}`, { cause: first.reason });
    return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
  }

  /** Fresh disks; with states, in these, with fresh lists. */
  async renew(...states: readonly string[]): Promise<void> {
    renew(this.all.map(({ machine }) => machine));
    if (states.length > 0) await Promise.all(this.all.map(({ machine }) => prepared(machine, ...states)));
  }

  async close(): Promise<void> {
    await this.renew();
    await this.installation.stop();
    await this.database.drop();
  }
}
