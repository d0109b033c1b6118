import type { DataSource } from 'typeorm';
import type { ApiClient } from './api-client';
import { at } from './at';
import { Changes } from './changes';
import { Installation, type ProductProcess } from './installation';
import { MachineJobs } from './machine-jobs';
import { createTestDatabase, type TestDatabase } from './postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from './real-machines';

/** What the two machines of a pair are called in names of tests, with their place in it. */
export const PAIR = [
  ['Debian 12', 0],
  ['Debian 13', 1],
] as const;

/** The same with a machine on which systemd is the first process, see {@link EnrolledPair.open}. */
export const PAIR_AND_SYSTEMD = [...PAIR, ['Debian 13 with systemd', 2]] as const;

export interface EnrolledMachine {
  readonly machine: RealMachine;
  readonly id: string;
}

/** A fresh installation, and machines of the fleet, fresh and enrolled in it: the first two, one of each suite, and who else is asked for. */
export class EnrolledPair {
  readonly jobs: MachineJobs;
  readonly changes: Changes;

  private constructor(
    private readonly database: TestDatabase,
    private readonly installation: Installation,
    readonly dataSource: DataSource,
    readonly api: ApiClient,
    readonly workers: readonly ProductProcess[],
    private readonly machines: readonly EnrolledMachine[],
  ) {
    this.jobs = new MachineJobs(api);
    this.changes = new Changes(api, this.jobs);
  }

  /**
   * @param options.workers so many, in processes of their own; with none, one process does everything
   * @param options.systemd a third machine, with systemd
   */
  static async open({ workers: count = 0, systemd = false } = {}): Promise<EnrolledPair> {
    const fresh = [...realMachines().slice(0, 2), ...(systemd ? systemdMachines().slice(1, 2) : [])];
    expect(fresh.map(({ suite }) => suite)).toEqual(['bookworm', 'trixie', ...(systemd ? ['trixie'] : [])]);
    const database = await createTestDatabase();
    const dataSource = await database.dataSource();
    const installation = new Installation(database.url);
    const api = await installation.administrator(await installation.start(count === 0 ? 'all' : 'api'));
    const machines: EnrolledMachine[] = [];
    for (const machine of fresh) {
      fleet('reset', machine.name);
      machines.push({ machine, id: await api.enrol(machine) });
    }
    const workers: ProductProcess[] = [];
    while (workers.length < count) workers.push(await installation.start('worker'));
    return new EnrolledPair(database, installation, dataSource, api, workers, machines);
  }

  at(index: number): EnrolledMachine {
    return at(this.machines, index);
  }

  async close(): Promise<void> {
    for (const { machine } of this.machines) fleet('reset', machine.name);
    await this.installation.stop();
    await this.database.drop();
  }
}
