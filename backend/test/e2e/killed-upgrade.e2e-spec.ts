import type { DataSource } from 'typeorm';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import type { LiveLine } from '../support/live-watcher';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { workerOf } from '../support/workers';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly plan: { readonly consequences: readonly { readonly code: string }[] };
}

const PACKAGE = 'fleet-slow';

/** What the machine itself knows of the package. */
const installed = ({ name }: RealMachine): string =>
  fleet('exec', name, 'dpkg-query', '-W', '-f', '${db:Status-Abbrev}${Version}', PACKAGE);
/** How often dpkg configured it, by dpkg's own log. */
const configured = ({ name }: RealMachine): number =>
  Number(fleet('exec', name, 'sh', '-c', `grep -c ' configure ${PACKAGE}:' /var/log/dpkg.log || true`));

const machines = [...realMachines().slice(0, 1), ...systemdMachines().slice(0, 1)];

describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`, machine] as const))(
  'a worker that is killed while apt upgrades %s',
  (_name, machine) => {
    let database: TestDatabase;
    let dataSource: DataSource;
    let installation: Installation;
    let api: ApiClient;
    let jobs: MachineJobs;
    let workers: ProductProcess[];
    let id: string;

    const planned = async (): Promise<Request> => {
      const plan = await api.post<Job>(`/machines/${id}/actions/apt_upgrade_plan`);
      expect(await jobs.ended(plan)).toMatchObject({ status: 'ok' });
      const { items } = await api.get<{ items: Request[] }>(`/requests?machineId=${id}`);
      return api.get<Request>(`/requests/${items[0]?.id ?? ''}`);
    };

    beforeAll(async () => {
      fleet('reset', machine.name);
      fleet('scenario', machine.name, 'slow-script');
      fleet('exec', machine.name, 'apt-get', 'update', '-q');
      database = await createTestDatabase();
      dataSource = await database.dataSource();
      installation = new Installation(database.url);
      const server = await installation.start('api');
      api = await installation.administrator(server);
      jobs = new MachineJobs(api);
      id = await api.enrol(machine);
      workers = [await installation.start('worker'), await installation.start('worker')];
    }, 300_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      await installation.stop();
      await database.drop();
    }, 120_000);

    it('has no influence on the upgrade: one effect, the whole log, the right result', async () => {
      const { id: requestId, planDigest, plan } = await planned();
      const accepted = plan.consequences.map(({ code }) => code);
      const job = await api.post<Job>(`/requests/${requestId}/confirm`, { digest: planDigest, accepted });
      const before = configured(machine);
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.includes(`Setting up ${PACKAGE}`)),
      );
      await (await workerOf(dataSource, workers, job)).end('SIGKILL');
      expect(await jobs.ended(job, 150_000)).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
      expect(installed(machine)).toMatch(/^ii /);
      expect(configured(machine)).toBe(before + 1);

      const log = (await jobs.log(job.id)) as (LiveLine & { readonly stream: string })[];
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_line, index) => index + 1));
      const printed = log.filter(({ stream }) => stream === 'out').map(({ text }) => text);
      const kept = fleet('exec', machine.name, 'cat', `/var/lib/system-update/runs/${job.id}/log`);
      const frames = new RegExp(`\\u001e${job.id} step \\w+\\n`, 'g');
      expect(printed.join('\n')).toBe(kept.replace(frames, '').replace(/\n$/, ''));

      expect(await queryRows(dataSource, 'SELECT status, exit_code FROM executions WHERE id = $1', [job.id])).toEqual([
        { status: 'ok', exit_code: 0 },
      ]);
      expect(await api.get<Request>(`/requests/${requestId}`)).toMatchObject({ status: 'executed' });
    }, 300_000);
  },
);
