import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres, type RunningPostgres } from '../../../tools/postgres/embedded.cjs';
import { at } from '../support/at';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import { fleet } from '../support/real-machines';
import { SLOW_PACKAGE, SlowUpgrades } from '../support/slow-upgrades';
import { workerOf } from '../support/workers';

/** Everything at once: while apt works on a machine of every kind, connections are cut, PostgreSQL is restarted and the worker is killed. */
describe('a drill during upgrades', () => {
  let folder: string;
  let server: RunningPostgres;
  let machines: EnrolledMachines;
  let upgrades: SlowUpgrades;
  const transcript: string[] = [];

  const start = (port?: number): Promise<RunningPostgres> =>
    startPostgres({
      dataDir: path.join(folder, 'data'),
      durable: true,
      logFile: path.join(folder, 'log'),
      ...(port === undefined ? {} : { port }),
    });
  /** What is done and seen, with its moment. Set DRILL_TRANSCRIPT to a file to keep it. */
  const note = (what: string): void => void transcript.push(`${new Date().toISOString().slice(11, 23)}  ${what}`);
  const working = async (): Promise<string> => {
    const looks = await machines.everywhere(({ machine }) =>
      fleet('exec', machine.name, 'sh', '-c', `pgrep -f '${SLOW_PACKAGE}.postinst' >/dev/null && echo yes || echo no`),
    );
    return `the script runs on ${String(looks.filter((look) => look === 'yes\n').length)} of ${String(looks.length)} machines`;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'upgrade-drill-'));
    server = await start();
    machines = await EnrolledMachines.open({ workers: 1, adminUrl: server.url });
    upgrades = new SlowUpgrades(machines);
    await machines.renew('slow-script');
  }, 300_000);
  afterAll(async () => {
    await machines.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    const file = process.env['DRILL_TRANSCRIPT'];
    if (file !== undefined) await writeFile(file, `${transcript.join('\n')}\n`);
  }, 120_000);

  it('ends in true reports: one effect, the whole log, the right result', async () => {
    const plans = await upgrades.plans();
    for (const [index, { kind }] of machines.all.entries())
      note(`the plan ${at(plans, index).planDigest.slice(0, 12)}… for ${kind} is confirmed`);
    const changes = await Promise.all(plans.map((plan) => machines.upgrades.confirm(plan)));
    const victim = at(machines.workers, 0);
    await machines.addWorker();
    note('a second worker is there');
    await upgrades.noted(changes, `Setting up ${SLOW_PACKAGE}`);
    for (const job of changes) expect(await workerOf(machines.dataSource, machines.workers, job)).toBe(victim);
    note(`apt configures ${SLOW_PACKAGE}: ${await working()}`);

    await machines.everywhere(({ machine }) =>
      fleet('exec', machine.name, 'sh', '-c', `pkill -KILL -f '^sshd(-session)?: ops' || true`),
    );
    note(`every SSH connection of the machines is killed: ${await working()}`);
    await server.stop();
    note(`PostgreSQL is stopped: ${await working()}`);
    await victim.end('SIGKILL');
    note(`the worker ${String(victim.pid)}, which began them all, is killed: ${await working()}`);
    server = await start(Number(new URL(server.url).port));
    note(`PostgreSQL is started again: ${await working()}`);

    await upgrades.judge(changes);
    note(`all jobs have ended: ok, at the first attempt; dpkg's own logs: ${SLOW_PACKAGE} was configured once on each`);
    note('each log holds all lines, each once, to the byte');

    await machines.everywhere(async ({ machine }, index) => {
      const { reportId } = await eventually(
        () => machines.api.get<{ reportId: string | null }>(`/executions/${at(changes, index).id}`),
        (execution) => execution.reportId !== null,
      );
      const text = await machines.api.text(`/reports/${reportId ?? ''}`);
      for (const words of [machine.name, at(plans, index).planDigest, SLOW_PACKAGE, '1.1'])
        expect(text).toContain(words);
    });
    note('each report names the machine, the confirmed plan, what changed, and the hash of the log');
  }, 300_000);
});
