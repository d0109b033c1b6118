import { queryRows } from '../../src/kernel/database/rows';
import { at } from './at';
import type { EnrolledMachine, EnrolledMachines } from './enrolled-machines';
import { eventually } from './eventually';
import type { LiveLine } from './live-watcher';
import type { Job } from './machine-jobs';
import { fleet, type RealMachine } from './real-machines';
import { versionOf, type UpgradeRequest } from './upgrades';

/** Its script takes seconds, printing one line in each. */
export const SLOW_PACKAGE = 'fleet-slow';

const shell = ({ name }: RealMachine, command: string): string => fleet('exec', name, 'sh', '-c', command).trim();

/** The names of what a machine keeps of a run; none where it has not heard of it. */
export function filesOf(machine: RealMachine, { id }: Job): string[] {
  const names = shell(machine, `ls /var/lib/system-update/runs/${id} 2>/dev/null || true`);
  return names === '' ? [] : names.split('\n');
}

/** Every line of a job's log, with where it comes from. */
export type NotedLine = LiveLine & { readonly stream: string };

/**
 * An upgrade of {@link SLOW_PACKAGE} on every machine at once, each put into the state `slow-script` before: for what happens to a run
 * while a maintainer script works, and must make no difference to it. Jobs are in the order of the machines.
 */
export class SlowUpgrades {
  constructor(private readonly machines: EnrolledMachines) {}

  plans(): Promise<UpgradeRequest[]> {
    return this.machines.everywhere(({ id }) => this.machines.upgrades.plan(id, { mode: 'upgrade' }));
  }

  /** Plans and confirms. */
  async confirmed(): Promise<Job[]> {
    const plans = await this.plans();
    return Promise.all(plans.map((plan) => this.machines.upgrades.confirm(plan)));
  }

  /** The same, until the script is at work everywhere. */
  async atWork(): Promise<Job[]> {
    const changes = await this.confirmed();
    await this.noted(changes, `Setting up ${SLOW_PACKAGE}`);
    return changes;
  }

  /** Until these words are in the log of each. */
  async noted(changes: readonly Job[], words: string): Promise<void> {
    await this.machines.everywhere((_one, index) =>
      eventually(
        () => this.machines.jobs.log(at(changes, index).id),
        (lines) => lines.some(({ text }) => text.includes(words)),
      ),
    );
  }

  /** Until each machine has written the end of its run down. */
  async finished(changes: readonly Job[]): Promise<void> {
    await this.machines.everywhere(({ machine }, index) =>
      eventually(
        () => filesOf(machine, at(changes, index)),
        (files) => files.includes('result'),
        60_000,
        500,
      ),
    );
  }

  /** What is true of every run, whatever happened: one effect, told once and right, with the whole log. */
  async judge(changes: readonly Job[]): Promise<void> {
    await this.machines.everywhere(async (one, index) => {
      const job = at(changes, index);
      await this.endsWell(job);
      this.happenedOnce(one, job);
      await this.toldOnce(job);
      await this.toldWhole(one, job);
    });
  }

  private async endsWell({ id }: Job): Promise<void> {
    // The database may be away still: only an answer counts.
    const ended = await eventually(
      async () => (await this.machines.api.send<Job>('GET', `/jobs/${id}`)).body,
      ({ status }) => ['ok', 'warning', 'error', 'cancelled'].includes(status),
      150_000,
    );
    expect(ended).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
  }

  /** The machine's own word: of its packages, of apt's and dpkg's logs, and of the runs that it was ever told to begin. */
  private happenedOnce({ machine }: EnrolledMachine, { id }: Job): void {
    const count = (words: string, file: string): number => Number(shell(machine, `grep -c '${words}' ${file} || true`));
    expect({
      version: versionOf(machine, SLOW_PACKAGE),
      upgraded: count(`^Upgrade: ${SLOW_PACKAGE}:`, '/var/log/apt/history.log'),
      configured: count(` configure ${SLOW_PACKAGE}:`, '/var/log/dpkg.log'),
      begun: count(`^${SLOW_PACKAGE}: step 1 `, `/var/lib/system-update/runs/${id}/log`),
      runs: shell(machine, 'ls /var/lib/system-update/runs'),
    }).toEqual({ version: '1.1', upgraded: 1, configured: 1, begun: 1, runs: id });
  }

  private async toldOnce({ id }: Job): Promise<void> {
    const ends = await queryRows(
      this.machines.dataSource,
      `SELECT (SELECT count(*)::int FROM executions WHERE job_id = $1) AS executions,
              (SELECT count(*)::int FROM executions WHERE job_id = $1 AND status = 'ok') AS succeeded,
              (SELECT count(*)::int FROM machine_events WHERE job_id = $1 AND event_type = 'job_finished') AS ends,
              (SELECT count(*)::int FROM machine_locks WHERE job_id = $1) AS locks`,
      [id],
    );
    expect(ends).toEqual([{ executions: 1, succeeded: 1, ends: 1, locks: 0 }]);
    expect(await this.machines.upgrades.applied(id)).toEqual([
      { operation: 'upgraded', name: SLOW_PACKAGE, to_version: '1.1' },
    ]);
  }

  /** To the byte, as the machine has it. */
  private async toldWhole({ machine }: EnrolledMachine, { id }: Job): Promise<void> {
    const log = (await this.machines.jobs.log(id)) as NotedLine[];
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_line, index) => index + 1));
    const printed = log.filter(({ stream }) => stream === 'out').map(({ text }) => text);
    const kept = fleet('exec', machine.name, 'cat', `/var/lib/system-update/runs/${id}/log`);
    const frames = new RegExp(`\\u001e${id} step \\w+\\n`, 'g');
    expect(printed.join('\n')).toBe(kept.replace(frames, '').replace(/\n$/, ''));
  }
}
