import type { DataSource } from 'typeorm';
import { queryOne } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';

interface Request {
  readonly id: string;
  readonly status: string;
  readonly planDigest: string;
  readonly executionId: string | null;
  readonly blocked: boolean;
  readonly plan: {
    readonly consequences: readonly { readonly code: string }[];
    readonly checks: readonly { readonly code: string; readonly verdict: string }[];
    readonly details: { readonly unreadable: string | null; readonly document: Record<string, unknown> };
  };
}

interface RebootExecution {
  readonly status: string;
  readonly error_kind: string | null;
  readonly result_json: Record<string, unknown>;
}

const OLD_KERNEL = '6.1.0-1-fleet';
const NEW_KERNEL = '6.1.0-2-fleet';

/** Six outcomes of a restart, each on real machines: with systemd and without, on both suites. */
describe('a restart', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let workers: ProductProcess[];
  const [bookworm, trixie] = realMachines();
  const [systemd12, systemd13] = systemdMachines();
  const ids = new Map<string, string>();

  beforeAll(async () => {
    expect([bookworm, trixie, systemd12, systemd13].map((machine) => machine?.suite)).toEqual([
      'bookworm',
      'trixie',
      'bookworm',
      'trixie',
    ]);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('api'));
    jobs = new MachineJobs(api);
    workers = [await installation.start('worker'), await installation.start('worker')];
    for (const machine of everyMachine()) {
      fleet('reset', machine.name);
      ids.set(machine.name, await api.enrol(machine));
    }
  }, 300_000);
  afterAll(async () => {
    for (const { name } of everyMachine()) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  const present = (machine: RealMachine | undefined): RealMachine => {
    if (machine === undefined) throw new Error('the fleet is not complete');
    return machine;
  };
  const everyMachine = (): RealMachine[] => [bookworm, trixie, systemd12, systemd13].map(present);
  const idOf = ({ name }: RealMachine): string => ids.get(name) ?? '';
  const shell = ({ name }: RealMachine, script: string): string => fleet('exec', name, 'sh', '-c', script);
  const bootOf = (machine: RealMachine): string => shell(machine, 'cat /proc/sys/kernel/random/boot_id').trim();

  const plan = async (machine: RealMachine, parameters: object = { wait_seconds: 120 }): Promise<Request> => {
    const started = await api.post<Job>(`/machines/${idOf(machine)}/actions/reboot_plan`, { parameters });
    const { status, errorMessage } = await jobs.ended(started);
    expect({ status, errorMessage }).toEqual({ status: 'ok', errorMessage: null });
    const { requestId } = await api.get<Job & { readonly requestId: string | null }>(`/jobs/${started.id}`);
    return api.get<Request>(`/requests/${requestId ?? ''}`);
  };
  const confirm = ({ id, planDigest, plan: { consequences } }: Request): Promise<Job> =>
    api.post<Job>(`/requests/${id}/confirm`, { digest: planDigest, accepted: consequences.map(({ code }) => code) });
  const run = async (request: Request): Promise<Job> => jobs.ended(await confirm(request), 170_000);
  const execution = async ({ id }: Job): Promise<RebootExecution> => {
    const sql = 'SELECT status, error_kind, result_json FROM executions WHERE id = $1';
    const row = await queryOne<RebootExecution>(dataSource, sql, [id]);
    if (row === null) throw new Error('there is no execution');
    return row;
  };
  /** The machine's own command does `script` in place of what it did. */
  const replaceReboot = (machine: RealMachine, script: string): void => {
    shell(machine, `rm -f /usr/local/sbin/reboot; printf '#!/bin/sh\\n%s\\n' '${script}' >/usr/local/sbin/reboot`);
    shell(machine, 'chmod 755 /usr/local/sbin/reboot');
  };
  /** The analysis that follows a run has ended too: the machine is free. */
  const atRest = async (machine: RealMachine): Promise<void> => {
    await eventually(
      () =>
        queryOne<{ n: number }>(
          dataSource,
          `SELECT count(*)::int AS n FROM jobs WHERE machine_id = $1 AND status IN ('queued', 'running')`,
          [idOf(machine)],
        ),
      (row) => row?.n === 0,
      60_000,
    );
  };
  const rebootRequired = async (machine: RealMachine): Promise<boolean | null> =>
    (await jobs.tile(idOf(machine))).apt.rebootRequired;

  it.each([
    ['Debian 12', bookworm],
    ['Debian 13', trixie],
    ['Debian 12 with systemd', systemd12],
    ['Debian 13 with systemd', systemd13],
  ])(
    'is verified by the boot and the kernel that were expected, on %s',
    async (_name, found) => {
      const machine = present(found);
      fleet('scenario', machine.name, 'kernel-not-booted');
      await jobs.ended(await jobs.analyse(idOf(machine)));
      expect(await rebootRequired(machine)).toBe(true);
      const before = bootOf(machine);
      const request = await plan(machine);
      expect(request).toMatchObject({ status: 'pending', blocked: false, plan: { details: { unreadable: null } } });
      expect(request.plan.details.document).toMatchObject({
        running_kernel: OLD_KERNEL,
        expected_kernel: NEW_KERNEL,
        need: { state: 'needed' },
        users: [],
      });
      expect(bootOf(machine)).toBe(before);
      const ended = await run(request);
      expect(ended).toMatchObject({ status: 'ok', errorKind: null, attempt: 1 });
      expect(bootOf(machine)).not.toBe(before);
      const { result_json } = await execution(ended);
      expect(result_json).toMatchObject({
        outcome: 'verified',
        rebooted: true,
        before: { kernel: OLD_KERNEL },
        after: { kernel: NEW_KERNEL },
      });
      expect(JSON.stringify(result_json['after'])).toContain(bootOf(machine));
      expect(await api.get<Request>(`/requests/${request.id}`)).toMatchObject({ status: 'executed' });
      await atRest(machine);
      expect(await rebootRequired(machine)).toBe(false);
    },
    240_000,
  );

  it('changes nothing when the machine was restarted since the plan was made', async () => {
    const machine = present(trixie);
    const request = await plan(machine);
    const before = bootOf(machine);
    fleet('stop', machine.name);
    fleet('start', machine.name);
    const between = bootOf(machine);
    expect(between).not.toBe(before);
    const ended = await run(request);
    expect(ended).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
    expect((await execution(ended)).result_json).toMatchObject({ outcome: null, ending: 'drifted' });
    expect(bootOf(machine)).toBe(between);
    await atRest(machine);
  }, 120_000);

  it.each([
    ['without systemd', trixie, 'replace'],
    ['with systemd', systemd12, 'wrap'],
  ])(
    'that did nothing is no restart, %s',
    async (_name, found, how) => {
      const machine = present(found);
      await atRest(machine);
      fleet('reset', machine.name);
      if (how === 'replace') replaceReboot(machine, 'exit 0');
      else {
        shell(
          machine,
          `mv /usr/bin/systemctl /usr/bin/systemctl.real
           printf '#!/bin/sh\\n[ "$1" = reboot ] || exec /usr/bin/systemctl.real "$@"\\n' >/usr/bin/systemctl
           chmod 755 /usr/bin/systemctl`,
        );
      }
      const before = bootOf(machine);
      const ended = await run(await plan(machine, { wait_seconds: 30 }));
      expect(ended).toMatchObject({ status: 'error', errorKind: 'reboot_not_done' });
      expect((await execution(ended)).result_json).toMatchObject({ outcome: 'not_rebooted', rebooted: false });
      expect(bootOf(machine)).toBe(before);
      await atRest(machine);
    },
    150_000,
  );

  it('that came back with the kernel of before is told so, and is still required', async () => {
    const machine = present(bookworm);
    await atRest(machine);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'kernel-skipped');
    const ended = await run(await plan(machine));
    expect(ended).toMatchObject({ status: 'error', errorKind: 'reboot_old_kernel' });
    expect((await execution(ended)).result_json).toMatchObject({
      outcome: 'old_kernel',
      rebooted: true,
      expected_kernel: NEW_KERNEL,
      after: { kernel: OLD_KERNEL },
    });
    await atRest(machine);
    expect(await rebootRequired(machine)).toBe(true);
  }, 150_000);

  it.each([
    ['Debian 12', systemd12],
    ['Debian 13', systemd13],
  ])(
    'after which a service fails is degraded, with the difference, on %s',
    async (_name, found) => {
      const machine = present(found);
      await atRest(machine);
      fleet('reset', machine.name);
      const unit = (name: string, command: string): void => {
        shell(
          machine,
          `printf '[Service]\\nType=oneshot\\nExecStart=${command}\\n[Install]\\nWantedBy=multi-user.target\\n' \
             >/etc/systemd/system/${name}.service && systemctl enable --quiet ${name}.service`,
        );
      };
      unit('fleet-broken', '/bin/false');
      shell(machine, 'systemctl start fleet-broken || true');
      unit('fleet-breaks', '/bin/false');
      const ended = await run(await plan(machine));
      expect(ended).toMatchObject({ status: 'warning', errorKind: null });
      expect((await execution(ended)).result_json).toMatchObject({
        outcome: 'degraded',
        rebooted: true,
        new_failed_units: ['fleet-breaks.service'],
        before: { failed_units: ['fleet-broken.service'] },
      });
      await atRest(machine);
    },
    150_000,
  );

  it('from which the machine does not come back ends once its time is over, and the machine can be worked on later', async () => {
    const machine = present(trixie);
    await atRest(machine);
    fleet('reset', machine.name);
    fleet('scenario', machine.name, 'kernel-not-booted');
    await jobs.ended(await jobs.analyse(idOf(machine)));
    // Not before the run is known to have begun: of one that the machine never told of nobody decides anything.
    replaceReboot(machine, 'until [ -e /run/off ]; do sleep 0.1; done; exec poweroff');
    const confirmed = await confirm(await plan(machine, { wait_seconds: 30 }));
    await eventually(
      () => api.get<{ steps: { name: string; status: string }[] }>(`/jobs/${confirmed.id}`),
      ({ steps }) => steps.some(({ name, status }) => name === 'restart' && status === 'running'),
    );
    shell(machine, 'touch /run/off');
    const ended = await jobs.ended(confirmed, 120_000);
    expect(ended).toMatchObject({ status: 'error', errorKind: 'reboot_not_back' });
    expect((await execution(ended)).result_json).toMatchObject({ outcome: 'not_back', after: null });
    expect(await rebootRequired(machine)).toBe(true);
    fleet('start', machine.name);
    expect(await jobs.ended(await jobs.analyse(idOf(machine)))).toMatchObject({ attempt: 1 });
  }, 240_000);

  describe('that something holds back', () => {
    it('is refused when an inhibitor came after the plan, and not even planned with one', async () => {
      const machine = present(systemd13);
      await atRest(machine);
      fleet('reset', machine.name);
      const request = await plan(machine);
      expect(request).toMatchObject({ blocked: false });
      shell(
        machine,
        `systemd-run --quiet --unit=fleet-backup systemd-inhibit --what=shutdown --who='nightly backup' --why='copies disks' sleep 600
         until systemd-inhibit --list | grep -q nightly; do sleep 0.1; done`,
      );
      const before = bootOf(machine);
      const ended = await run(request);
      expect(ended).toMatchObject({ status: 'error', errorKind: 'inhibited' });
      expect(ended.errorMessage).toContain('nightly backup: copies disks');
      expect((await execution(ended)).result_json).toMatchObject({ outcome: 'refused', refusal: { by: 'inhibitor' } });
      expect(bootOf(machine)).toBe(before);
      await atRest(machine);
      const held = await plan(machine);
      expect(held).toMatchObject({ blocked: true });
      expect(held.plan.checks).toContainEqual(expect.objectContaining({ code: 'inhibitors', verdict: 'blocked' }));
    }, 120_000);

    it.each([
      ['without systemd', bookworm],
      ['with systemd', systemd12],
    ])(
      "is refused when a check of molly-guard's refuses, %s",
      async (_name, found) => {
        const machine = present(found);
        await atRest(machine);
        fleet('reset', machine.name);
        shell(
          machine,
          `mkdir -p /etc/molly-guard/run.d
           printf '#!/bin/sh\\necho "not on a Friday: $MOLLYGUARD_CMD"\\nexit 1\\n' >/etc/molly-guard/run.d/50-friday
           chmod 755 /etc/molly-guard/run.d/50-friday`,
        );
        const before = bootOf(machine);
        const request = await plan(machine);
        expect(request.plan.consequences.map(({ code }) => code)).toEqual(['molly_guard']);
        const ended = await run(request);
        expect(ended).toMatchObject({ status: 'error', errorKind: 'inhibited' });
        expect(ended.errorMessage).toContain('not on a Friday: reboot');
        expect(bootOf(machine)).toBe(before);
        await atRest(machine);
      },
      120_000,
    );

    it('is refused while a package manager is at work', async () => {
      const machine = present(bookworm);
      await atRest(machine);
      fleet('reset', machine.name);
      const request = await plan(machine);
      fleet('scenario', machine.name, 'lock-dpkg');
      const before = bootOf(machine);
      const ended = await run(request);
      expect(ended).toMatchObject({ status: 'error', errorKind: 'inhibited' });
      expect((await execution(ended)).result_json).toMatchObject({ outcome: 'refused', refusal: { by: 'packages' } });
      expect(bootOf(machine)).toBe(before);
      await atRest(machine);
    }, 120_000);
  });

  it('whose machine comes back with another host key is not verified, and the machine is quarantined', async () => {
    const machine = present(systemd13);
    await atRest(machine);
    fleet('reset', machine.name);
    const request = await plan(machine);
    shell(machine, 'rm /etc/ssh/ssh_host_*; ssh-keygen -A');
    const ended = await run(request);
    expect(ended).toMatchObject({ status: 'error', errorKind: 'host_key_changed' });
    expect((await execution(ended)).result_json).toMatchObject({ outcome: 'not_back', after: null });
    expect(await jobs.tile(idOf(machine))).toMatchObject({ need: 'quarantined' });
  }, 150_000);

  it('goes on when its worker is killed while it waits: adopted, and one restart only', async () => {
    const machine = present(bookworm);
    await atRest(machine);
    fleet('reset', machine.name);
    // Off until somebody switches it on, so that the worker waits for as long as the test wants.
    replaceReboot(machine, 'echo once >>/var/tmp/restarts; exec poweroff');
    const before = bootOf(machine);
    const job = await confirm(await plan(machine));
    const row = await eventually(
      () =>
        queryOne<{ phase: string; worker_id: string }>(dataSource, 'SELECT phase, worker_id FROM jobs WHERE id = $1', [
          job.id,
        ]),
      (found) => found?.phase === 'reconciling',
      60_000,
    );
    const worker = workers.find(({ pid }) => row?.worker_id.split(':').includes(String(pid)));
    if (worker === undefined) throw new Error('no worker of this test holds the job');
    await worker.end('SIGKILL');
    await eventually(
      () => queryOne<{ worker_id: string | null }>(dataSource, 'SELECT worker_id FROM jobs WHERE id = $1', [job.id]),
      (found) => typeof found?.worker_id === 'string' && found.worker_id !== row?.worker_id,
      90_000,
    );
    fleet('start', machine.name);
    expect(await jobs.ended(job, 120_000)).toMatchObject({ status: 'ok', attempt: 1 });
    expect((await execution(job)).result_json).toMatchObject({ outcome: 'verified' });
    expect(shell(machine, 'cat /var/tmp/restarts')).toBe('once\n');
    expect(bootOf(machine)).not.toBe(before);
    await atRest(machine);
  }, 300_000);
});
