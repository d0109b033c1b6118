import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { startPostgres, type RunningPostgres } from '../../../tools/postgres/embedded.cjs';
import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import type { LiveLine } from '../support/live-watcher';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { Upgrades } from '../support/upgrades';
import { workerOf } from '../support/workers';

const PACKAGE = 'fleet-slow';
const machines = [...realMachines().slice(1, 2), ...systemdMachines().slice(1, 2)];

/** Everything at once: while apt works, the connection is cut, PostgreSQL is restarted and the worker is killed. */
describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`.trim(), machine] as const))(
  'a drill during the upgrade of %s',
  (_name, machine: RealMachine) => {
    let folder: string;
    let server: RunningPostgres;
    let database: TestDatabase;
    let dataSource: DataSource;
    let installation: Installation;
    let api: ApiClient;
    let jobs: MachineJobs;
    let workers: ProductProcess[];
    let id: string;
    const transcript: string[] = [];

    const start = (port?: number): Promise<RunningPostgres> =>
      startPostgres({
        dataDir: path.join(folder, 'data'),
        durable: true,
        logFile: path.join(folder, 'log'),
        ...(port === undefined ? {} : { port }),
      });
    const shell = (command: string): string => fleet('exec', machine.name, 'sh', '-c', command).trim();
    /** What is done and seen, with its moment. Set DRILL_TRANSCRIPT to a file to keep it. */
    const note = (what: string): void => void transcript.push(`${new Date().toISOString().slice(11, 23)}  ${what}`);
    const working = (): string =>
      shell(`pgrep -f '${PACKAGE}.postinst' >/dev/null && echo 'its script runs' || echo 'its script has ended'`);

    beforeAll(async () => {
      fleet('reset', machine.name);
      fleet('scenario', machine.name, 'slow-script');
      fleet('exec', machine.name, 'apt-get', 'update', '-q');
      folder = await mkdtemp(path.join(tmpdir(), 'upgrade-drill-'));
      server = await start();
      database = await createTestDatabase({ adminUrl: server.url });
      dataSource = await database.dataSource();
      installation = new Installation(database.url);
      api = await installation.administrator(await installation.start('api'));
      jobs = new MachineJobs(api);
      id = await api.enrol(machine);
      workers = [await installation.start('worker'), await installation.start('worker')];
    }, 300_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      await installation.stop();
      await database.drop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
      const file = process.env['DRILL_TRANSCRIPT'];
      if (file !== undefined) await writeFile(file, `${transcript.join('\n')}\n`);
    }, 120_000);

    it('ends in a true report: one effect, the whole log, the right result', async () => {
      const upgrades = new Upgrades(api, dataSource);
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      note(`the plan ${request.planDigest.slice(0, 12)}… is confirmed`);
      const job = await api.post<Job>(`/requests/${request.id}/confirm`, { digest: request.planDigest, accepted: [] });
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.includes(`Setting up ${PACKAGE}`)),
      );
      note(`apt configures ${PACKAGE}: ${working()}`);

      shell(`pkill -KILL -f '^sshd(-session)?: ops' || true`);
      note(`every SSH connection of the machine is killed: ${working()}`);
      const victim = await workerOf(dataSource, workers, job);
      await server.stop();
      note(`PostgreSQL is stopped: ${working()}`);
      await victim.end('SIGKILL');
      note(`the worker ${String(victim.pid)} is killed: ${working()}`);
      server = await start(Number(new URL(server.url).port));
      note(`PostgreSQL is started again: ${working()}`);

      const ended = await eventually(
        async () => (await api.send<Job>('GET', `/jobs/${job.id}`)).body,
        ({ status }) => ['ok', 'warning', 'error', 'cancelled'].includes(status),
        170_000,
      );
      note(`the job has ended: ${ended.status}, attempt ${String(ended.attempt)}`);
      expect(ended).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
      expect(shell(`dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' ${PACKAGE}`)).toMatch(/^ii +1\.1$/);
      expect(Number(shell(`grep -c ' configure ${PACKAGE}:' /var/log/dpkg.log`))).toBe(1);
      note(`dpkg's own log: ${PACKAGE} was configured once`);

      const log = (await jobs.log(job.id)) as (LiveLine & { readonly stream: string })[];
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_line, index) => index + 1));
      const printed = log.filter(({ stream }) => stream === 'out').map(({ text }) => text);
      const kept = fleet('exec', machine.name, 'cat', `/var/lib/system-update/runs/${job.id}/log`);
      const frames = new RegExp(`\\u001e${job.id} step \\w+\\n`, 'g');
      expect(printed.join('\n')).toBe(kept.replace(frames, '').replace(/\n$/, ''));
      note(`the log holds all ${String(log.length)} lines, each once, to the byte`);

      const { reportId } = await eventually(
        () => api.get<{ reportId: string | null }>(`/executions/${job.id}`),
        (execution) => execution.reportId !== null,
      );
      const report = await fetch(`${api.origin}/api/reports/${reportId ?? ''}`, { headers: { cookie: api.cookie } });
      const text = await report.text();
      for (const words of [machine.name, request.planDigest, PACKAGE, '1.1']) expect(text).toContain(words);
      note('the report names the machine, the confirmed plan, what changed, and the hash of the log');
    }, 300_000);
  },
);
