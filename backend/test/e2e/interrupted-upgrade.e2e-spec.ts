import { queryOne } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { Changes } from '../support/changes';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { MachineJobs } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, wrapCommand } from '../support/real-machines';
import { prepare, Upgrades, versionOf } from '../support/upgrades';

interface PackageChange {
  readonly mode: string;
  readonly toVersion: string | null;
  readonly jobId: string | null;
}

const PACKAGES = ['fleet-plain', 'fleet-slow'];
const machines = [...realMachines().slice(0, 1), ...systemdMachines().slice(1, 2)];

/** The machine loses its power in the middle of dpkg: what it came to is measured all the same, and is ours. */
describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`, machine] as const))(
  'an upgrade that a restart of %s cuts off',
  (_name, machine) => {
    let database: TestDatabase;
    let installation: Installation;
    let api: ApiClient;
    let jobs: MachineJobs;
    let upgrades: Upgrades;
    let id: string;

    beforeAll(async () => {
      fleet('reset', machine.name);
      database = await createTestDatabase();
      installation = new Installation(database.url);
      api = await installation.administrator(await installation.start('all'));
      jobs = new MachineJobs(api);
      upgrades = new Upgrades(api, await database.dataSource());
      id = await api.enrol(machine);
      prepare(machine, 'slow-script', 'plain');
    }, 300_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      await installation.stop();
      await database.drop();
    }, 120_000);

    const automatic = (): string =>
      fleet('exec', machine.name, 'apt-mark', 'showauto', ...PACKAGES)
        .trim()
        .replaceAll('\n', ' ');
    const changes = async (): Promise<PackageChange[]> =>
      (await api.get<{ items: PackageChange[] }>(`/package-changes?name=fleet-slow&machineId=${id}`)).items.filter(
        ({ toVersion }) => toVersion === '1.1',
      );

    it('is told with what it left on the machine, and as ours', async () => {
      fleet('exec', machine.name, 'apt-mark', 'auto', ...PACKAGES);
      const job = await upgrades.confirm(
        await upgrades.plan(id, { mode: 'upgrade', scope: 'packages', packages: PACKAGES }),
      );
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.includes('Setting up fleet-slow')),
      );
      // Nor can the look afterwards set them back.
      wrapCommand(machine, 'apt-mark', '[ "$1" != auto ] || exit 1');
      fleet('stop', machine.name);
      fleet('start', machine.name);
      expect(await jobs.ended(job, 170_000)).toMatchObject({ status: 'error', errorKind: 'interrupted' });
      const row = await queryOne<{ result_json: Record<string, unknown> }>(
        await database.dataSource(),
        'SELECT result_json FROM executions WHERE id = $1',
        [job.id],
      );
      const result = row?.result_json;
      expect(result).toMatchObject({
        ending: 'interrupted',
        rebooted: true,
        counts: { planned: 2, upgraded: 2, unplanned: 0 },
        conffiles: [],
        ports: { gone: expect.any(Array) as unknown[] },
        reboot_flag: false,
        auto_marks: { kept: [], lost: PACKAGES },
      });
      expect(automatic()).toBe('');
      expect((result?.['audit'] as string[]).join('\n')).toContain('fleet-slow');
      expect(await upgrades.applied(job.id)).toContainEqual(
        expect.objectContaining({ name: 'fleet-slow', operation: 'upgraded', to_version: '1.1' }),
      );

      // An apt without an end counts as cut off after an hour.
      fleet(
        'exec',
        machine.name,
        'sh',
        '-c',
        `then=$(date -d '2 hours ago' '+%Y-%m-%d  %H')
         sed -E -i "s/^(Start-Date: )[0-9-]+  [0-9]+/\\1$then/" /var/log/apt/history.log
         sed -E -i "/ fleet-(slow|plain):/s/^[^ ]+ [0-9]+/$(date -d '2 hours ago' '+%F %H')/" /var/log/dpkg.log`,
      );
      await jobs.ended(await jobs.analyse(id));
      expect(await changes()).toMatchObject([{ mode: 'manual', jobId: job.id }]);
    }, 300_000);

    it('offers the repair, which makes the machine whole, and is told as that', async () => {
      const { errors } = await api.get<{ errors: { kind: string }[] }>(`/machines/${id}/apt`);
      const kinds = await api.get<{ kind: string; action: string | null }[]>('/error-kinds');
      const offered = errors.map(({ kind }) => kinds.find((one) => one.kind === kind)?.action);
      expect({ errors, offered }).toMatchObject({ offered: expect.arrayContaining(['apt_repair']) as string[] });

      const audit = (): string => fleet('exec', machine.name, 'dpkg', '--audit').trim();
      expect(audit()).toContain('fleet-slow');
      const repairs = new Changes(api, jobs);
      fleet('exec', machine.name, 'rm', '/usr/local/bin/apt-mark');
      const request = await repairs.plan(id, 'apt_repair');
      const marks = PACKAGES.map((name) => `auto ${name}`);
      expect(request.plan.lines).toEqual(expect.arrayContaining(['configure fleet-slow 1.1', ...marks]));
      expect(request.plan.checks).toContainEqual(expect.objectContaining({ code: 'auto_marks', verdict: 'warning' }));
      expect(automatic()).toBe('');
      expect(await repairs.run(request)).toMatchObject({ status: 'ok', errorKind: null });
      expect({ audit: audit(), version: versionOf(machine, 'fleet-slow') }).toEqual({ audit: '', version: '1.1' });
      expect(automatic()).toBe(PACKAGES.join(' '));
      expect(fleet('exec', machine.name, 'ls', '-A', '/var/lib/system-update/auto-marks')).toBe('');
      await eventually(
        () => api.get<{ errors: unknown[] }>(`/machines/${id}/apt`),
        (state) => state.errors.length === 0,
      );
    }, 300_000);
  },
);
