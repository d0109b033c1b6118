import type { DataSource } from 'typeorm';
import { queryOne } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly blocked: boolean;
  readonly plan: {
    readonly lines: readonly string[];
    readonly consequences: readonly { readonly code: string }[];
    readonly details: {
      readonly document: {
        readonly units: readonly { readonly unit: string; readonly main_pid: number | null }[];
        readonly left_out: readonly { readonly unit: string; readonly reason: string }[];
      };
    };
  };
}

const SERVICE = 'fleet-daemon.service';

/** On machines with systemd, of both suites. */
describe('a restart of services', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  const machines = systemdMachines().slice(0, 2);
  const ids = new Map<string, string>();

  beforeAll(async () => {
    expect(machines.map(({ suite }) => suite)).toEqual(['bookworm', 'trixie']);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('all'));
    jobs = new MachineJobs(api);
    for (const machine of machines) {
      fleet('reset', machine.name);
      ids.set(machine.name, await api.enrol(machine));
    }
  }, 300_000);
  afterAll(async () => {
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  const shell = ({ name }: RealMachine, script: string): string => fleet('exec', name, 'sh', '-c', script);
  const pidOf = (machine: RealMachine, unit: string): number =>
    Number(shell(machine, `systemctl show -p MainPID --value ${unit}`));
  const planning = async (machine: RealMachine, units: readonly string[]): Promise<Job> => {
    const address = `/machines/${ids.get(machine.name) ?? ''}/actions/service_restart_plan`;
    return jobs.ended(await api.post<Job>(address, { parameters: { units } }));
  };
  const plan = async (machine: RealMachine, units: readonly string[]): Promise<Request> => {
    const job = await planning(machine, units);
    expect({ status: job.status, errorMessage: job.errorMessage }).toEqual({ status: 'ok', errorMessage: null });
    const { requestId } = await api.get<Job & { readonly requestId: string | null }>(`/jobs/${job.id}`);
    return api.get<Request>(`/requests/${requestId ?? ''}`);
  };
  const run = async ({ id, planDigest }: Request): Promise<Job> =>
    jobs.ended(await api.post<Job>(`/requests/${id}/confirm`, { digest: planDigest, accepted: [] }));
  const result = async ({ id }: Job): Promise<unknown> =>
    (await queryOne<{ result_json: unknown }>(dataSource, 'SELECT result_json FROM executions WHERE id = $1', [id]))
      ?.result_json;
  /** A service that runs a program of its own, which can be replaced under it. */
  const install = (machine: RealMachine): void => {
    shell(
      machine,
      `cp /bin/sleep /usr/local/bin/fleet-daemon
       printf '[Unit]\\nStartLimitIntervalSec=0\\n[Service]\\nExecStart=/usr/local/bin/fleet-daemon 100000\\n' >/etc/systemd/system/${SERVICE}
       systemctl daemon-reload && systemctl restart ${SERVICE}`,
    );
  };

  describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`, machine] as const))(
    'on %s',
    (_name, machine) => {
      it('takes what needrestart names, and proves that another process runs', async () => {
        install(machine);
        // As an upgrade does it: a new file in the place of the one that runs.
        shell(machine, 'cp /bin/sleep /usr/local/bin/new && mv /usr/local/bin/new /usr/local/bin/fleet-daemon');
        const before = pidOf(machine, SERVICE);
        const request = await plan(machine, []);
        const { units } = request.plan.details.document;
        expect(units).toContainEqual(
          expect.objectContaining({ unit: SERVICE, main_pid: before, active_state: 'active', by_needrestart: true }),
        );
        expect(pidOf(machine, SERVICE)).toBe(before);
        const ended = await run(request);
        expect(ended).toMatchObject({ status: 'ok', errorKind: null, attempt: 1 });
        const after = pidOf(machine, SERVICE);
        expect(after).not.toBe(before);
        expect(await result(ended)).toMatchObject({
          units: expect.arrayContaining([
            expect.objectContaining({
              unit: SERVICE,
              verdict: 'restarted',
              exit_code: 0,
              before: expect.objectContaining({ main_pid: before, active_state: 'active' }) as object,
              after: expect.objectContaining({ main_pid: after, active_state: 'active' }) as object,
            }),
          ]) as object,
          new_failed_units: [],
        });
      }, 120_000);

      it('restarts sshd under its own connection', async () => {
        const before = pidOf(machine, 'ssh.service');
        const ended = await run(await plan(machine, ['ssh.service']));
        expect(ended).toMatchObject({ status: 'ok', errorKind: null, attempt: 1 });
        expect(pidOf(machine, 'ssh.service')).not.toBe(before);
      }, 120_000);

      it('says which service does not come back', async () => {
        install(machine);
        const request = await plan(machine, [SERVICE]);
        shell(machine, 'rm /usr/local/bin/fleet-daemon');
        const ended = await run(request);
        expect(ended).toMatchObject({ status: 'error', errorKind: 'service_failed' });
        expect(ended.errorMessage).toContain(SERVICE);
        expect(await result(ended)).toMatchObject({
          units: [{ unit: SERVICE, verdict: 'failed', after: { main_pid: null } }],
          new_failed_units: [SERVICE],
        });
      }, 120_000);

      it('changes nothing when somebody has restarted it since the plan was made', async () => {
        install(machine);
        const request = await plan(machine, [SERVICE]);
        shell(machine, `systemctl restart ${SERVICE}`);
        const before = pidOf(machine, SERVICE);
        expect(await run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
        expect(pidOf(machine, SERVICE)).toBe(before);
      }, 120_000);

      it.each([
        ['dbus.service', 'would cut off more'],
        ['systemd-logind.service', 'would cut off more'],
        ['fleet-nowhere.service', 'There is no fleet-nowhere.service'],
        ['rescue.service', 'rescue.service'],
      ])('refuses %s', async (unit, words) => {
        const job = await planning(machine, [unit]);
        expect(job).toMatchObject({ status: 'error', errorKind: 'unit_refused' });
        expect(job.errorMessage).toContain(words);
      });
    },
  );

  it('takes exact names of services alone', async () => {
    const address = `/machines/${ids.get(machines[0]?.name ?? '') ?? ''}/actions/service_restart_plan`;
    for (const unit of [
      'ssh',
      'init.scope',
      'a b.service',
      '--no-block.service',
      'x;reboot.service',
      '$(id).service',
    ]) {
      await expect(api.post(address, { parameters: { units: [unit] } })).rejects.toThrow();
    }
  });

  it('is nothing for a machine without systemd', async () => {
    const [machine] = realMachines();
    if (machine === undefined) throw new Error('there is no such machine');
    ids.set(machine.name, await api.enrol(machine));
    expect(await planning(machine, [])).toMatchObject({ status: 'error', errorKind: 'no_systemd' });
  }, 120_000);
});
