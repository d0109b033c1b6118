import { EnrolledMachines, type EnrolledMachine } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { Job } from '../support/machine-jobs';
import { fleet, fleetBeside, wrapCommand, type RealMachine } from '../support/real-machines';
import { versionOf } from '../support/upgrades';

interface PackageChange {
  readonly mode: string;
  readonly toVersion: string | null;
  readonly jobId: string | null;
}

const PACKAGES = ['fleet-plain', 'fleet-slow'];

const automatic = ({ name }: RealMachine): string =>
  fleet('exec', name, 'apt-mark', 'showauto', ...PACKAGES)
    .trim()
    .replaceAll('\n', ' ');
const audit = ({ name }: RealMachine): string => fleet('exec', name, 'dpkg', '--audit').trim();

/** Machines of every kind lose their power in the middle of dpkg: what they came to is measured all the same, and is ours. */
describe('an upgrade that a restart of the machine cuts off', () => {
  let machines: EnrolledMachines;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    await machines.renew('slow-script', 'plain');
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  const begun = async ({ machine, id }: EnrolledMachine): Promise<Job> => {
    const { jobs, upgrades } = machines;
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
    await fleetBeside('stop', machine.name);
    await fleetBeside('start', machine.name);
    return job;
  };
  /** What the product tells of how the package changed on this machine. */
  const changesOf = async (id: string): Promise<PackageChange[]> =>
    (
      await machines.api.get<{ items: PackageChange[] }>(`/package-changes?name=fleet-slow&machineId=${id}`)
    ).items.filter(({ toVersion }) => toVersion === '1.1');

  it('is told with what it left on the machine, and as ours', async () => {
    await machines.everywhere(async (one) => {
      const { machine, id } = one;
      const job = await begun(one);
      expect(await machines.jobs.ended(job, 170_000)).toMatchObject({ status: 'error', errorKind: 'interrupted' });
      const result = await machines.upgrades.result(job);
      expect(result).toMatchObject({
        ending: 'interrupted',
        rebooted: true,
        counts: { planned: 2, upgraded: 2, unplanned: 0 },
        conffiles: [],
        ports: { gone: expect.any(Array) as unknown[] },
        reboot_flag: false,
        reboot: { state: expect.any(String) as string, reasons: expect.any(Array) as unknown[] },
        auto_marks: { kept: [], lost: PACKAGES },
      });
      expect(automatic(machine)).toBe('');
      expect((result['audit'] as string[]).join('\n')).toContain('fleet-slow');
      expect(await machines.upgrades.applied(job.id)).toContainEqual(
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
      await machines.jobs.ended(await machines.jobs.analyse(id));
      expect(await changesOf(id)).toMatchObject([{ mode: 'manual', jobId: job.id }]);
    });
  }, 300_000);

  it('offers the repair, which makes the machine whole, and is told as that', async () => {
    const { api, changes } = machines;
    const kinds = await api.get<{ kind: string; action: string | null }[]>('/error-kinds');
    await machines.everywhere(async ({ machine, id }) => {
      const { errors } = await api.get<{ errors: { kind: string }[] }>(`/machines/${id}/apt`);
      const offered = errors.map(({ kind }) => kinds.find((one) => one.kind === kind)?.action);
      expect({ errors, offered }).toMatchObject({ offered: expect.arrayContaining(['apt_repair']) as string[] });

      expect(audit(machine)).toContain('fleet-slow');
      fleet('exec', machine.name, 'rm', '/usr/local/bin/apt-mark');
      const request = await changes.plan(id, 'apt_repair');
      const marks = PACKAGES.map((name) => `auto ${name}`);
      expect(request.plan.lines).toEqual(expect.arrayContaining(['configure fleet-slow 1.1', ...marks]));
      expect(request.plan.checks).toContainEqual(expect.objectContaining({ code: 'auto_marks', verdict: 'warning' }));
      expect(automatic(machine)).toBe('');
      expect(await changes.run(request)).toMatchObject({ status: 'ok', errorKind: null });
      expect({ audit: audit(machine), version: versionOf(machine, 'fleet-slow') }).toEqual({
        audit: '',
        version: '1.1',
      });
      expect(automatic(machine)).toBe(PACKAGES.join(' '));
      expect(fleet('exec', machine.name, 'ls', '-A', '/var/lib/system-update/auto-marks')).toBe('');
      await eventually(
        () => api.get<{ errors: unknown[] }>(`/machines/${id}/apt`),
        (state) => state.errors.length === 0,
      );
    });
  }, 300_000);
});
