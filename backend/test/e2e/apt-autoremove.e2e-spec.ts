import type { DataSource } from 'typeorm';
import { newId } from '../../src/kernel/database/ids';
import { queryRows } from '../../src/kernel/database/rows';
import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import { insertRow } from '../support/insert-row';
import { KINDS } from '../support/kinds';
import { fleet, wrapCommand, type RealMachine } from '../support/real-machines';

interface AutoremovePlan {
  readonly packages: readonly { readonly name: string }[];
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
}

/** Installs kernels that nothing asked for by hand, as upgrades leave them. */
const KERNELS = `
  for release in "$@"; do
    folder=$(mktemp -d) && mkdir "$folder/DEBIAN" "$folder/boot" && chmod 755 "$folder" || exit
    printf 'Package: linux-image-%s\\nVersion: %s\\nArchitecture: all\\nMaintainer: fleet <fleet@localhost>\\nInstalled-Size: 100\\nDescription: synthetic kernel\\n' \\
      "$release" "\${release%-fleet}" >"$folder/DEBIAN/control"
    : >"$folder/boot/vmlinuz-$release"
    dpkg-deb --build "$folder" "$folder.deb" && dpkg -i "$folder.deb" && apt-mark auto "linux-image-$release" || exit
  done`;

/** The boot as a restart names it: boot id, and when the first process started. */
const THIS_BOOT = `printf '%s/%s' "$(cat /proc/sys/kernel/random/boot_id)" "$(sed 's/.*) //' /proc/1/stat | cut -d ' ' -f 20)"`;

/** Removing what nothing needs, kernels only after the newest has been booted, on real machines of all kinds. */
describe('removing what nothing needs', () => {
  let machines: EnrolledMachines;
  let dataSource: DataSource;
  let changes: Changes;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ dataSource, changes } = machines);
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  describe.each(KINDS)('on %s', (kind) => {
    const machine = (): RealMachine => machines.of(kind).machine;
    const id = (): string => machines.of(kind).id;
    /** A restart of ours that came to this, and is the last that is known. */
    const told = async (outcome: string, before: string, after: string | null): Promise<void> => {
      const boot = { kernel: '6.1.0-10-fleet', system: null, failed_units: null, uptime_seconds: 1 };
      const result = {
        schema_version: 1,
        ...{ ending: 'ended', outcome, refusal: null, silence: null, rebooted: after !== null },
        before: { ...boot, boot: before },
        after: after === null ? null : { ...boot, boot: after },
        ...{ expected_kernel: '6.1.0-10-fleet', new_failed_units: null, drift: null },
      };
      const at = new Date();
      const times = { started_at: at, finished_at: at };
      const row = { id: newId(), machine_id: id(), action: 'reboot', mode: 'manual', status: 'ok', ...times };
      await insertRow(dataSource, 'executions', { ...row, result_json: result });
    };
    const installed = (name: string): boolean =>
      fleet('exec', machine().name, 'sh', '-c', `dpkg-query -W -f '\${db:Status-Abbrev}' ${name} || true`).startsWith(
        'ii',
      );

    it('changes nothing when a package is needed again after it was confirmed', async () => {
      fleet('scenario', machine().name, 'autoremovable');
      const request = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
      expect(request.plan.details.document.packages.map(({ name }) => name)).toEqual(['fleet-orphan']);
      fleet('exec', machine().name, 'apt-mark', 'manual', 'fleet-orphan');
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(installed('fleet-orphan')).toBe(true);
    });

    it('removes nothing when apt itself, once it has its locks, would remove more than was confirmed', async () => {
      fleet('scenario', machine().name, 'autoremovable');
      const request = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
      const betweenLookAndDeed = 'case " $* " in *" -s "*) ;; *" autoremove "*) apt-mark auto fleet-plain ;; esac';
      wrapCommand(machine(), 'apt-get', betweenLookAndDeed);
      expect(await changes.run(request)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(installed('fleet-orphan')).toBe(true);
      expect(installed('fleet-plain')).toBe(true);
      fleet('reset', machine().name);
    });

    it('keeps every kernel until the newest is running, and says why', async () => {
      fleet('scenario', machine().name, 'autoremovable');
      const releases = ['6.1.0-2-fleet', '6.1.0-9-fleet', '6.1.0-10-fleet'];
      fleet('exec', machine().name, 'sh', '-c', KERNELS, 'sh', ...releases);
      const request = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
      expect(request).toMatchObject({ blocked: false, plan: { details: { unreadable: null } } });
      const { packages, kept } = request.plan.details.document;
      expect(packages.map(({ name }) => name)).toEqual(['fleet-orphan']);
      expect(kept.map(({ name, reason }) => `${name} ${reason}`).sort()).toEqual([
        'linux-image-6.1.0-1-fleet kernel_running',
        'linux-image-6.1.0-10-fleet kernel_newest',
        'linux-image-6.1.0-2-fleet kernel_not_booted',
        'linux-image-6.1.0-9-fleet kernel_not_booted',
      ]);
      expect(request.plan.checks).toContainEqual(expect.objectContaining({ code: 'kernels', verdict: 'warning' }));
      const job = await changes.run(request);
      expect(job).toMatchObject({ status: 'ok', errorKind: null });
      const rows = await queryRows(
        dataSource,
        'SELECT operation, name FROM apt_applied_packages WHERE execution_id = $1',
        [job.id],
      );
      expect(rows).toEqual([{ operation: 'removed', name: 'fleet-orphan' }]);
      expect(installed('linux-image-6.1.0-2-fleet')).toBe(true);
      expect(await changes.tried(id(), 'apt_autoremove')).toMatchObject({ status: 'ok', requestId: null });
    });

    it('judges a container by no kernel', async () => {
      wrapCommand(machine(), 'systemd-detect-virt', 'echo lxc; exit 0');
      const { plan } = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
      expect(plan.details.document).toMatchObject({ packages: [{ name: 'linux-image-6.1.0-2-fleet' }], kept: [] });
      expect(plan.checks.map(({ code }) => code)).not.toContain('kernels');
      fleet('exec', machine().name, 'rm', '/usr/local/bin/systemd-detect-virt');
    });

    it('keeps old kernels in a boot that a restart found wrong, and in one that nobody has looked at', async () => {
      fleet('stop', machine().name);
      fleet('start', machine().name);
      expect(fleet('exec', machine().name, 'uname', '-r').trim()).toBe('6.1.0-10-fleet');
      fleet('exec', machine().name, 'apt-mark', 'auto', 'fleet-plain');
      const boot = fleet('exec', machine().name, 'sh', '-c', THIS_BOOT).trim();
      for (const [outcome, before, after] of [
        ['degraded', 'an-older-boot/1', boot],
        ['not_back', 'an-older-boot/1', null],
      ] as const) {
        await told(outcome, before, after);
        const { plan } = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
        expect(plan.details.document.packages.map(({ name }) => name)).toEqual(['fleet-plain']);
        expect(plan.details.document.kept).toContainEqual(
          expect.objectContaining({ name: 'linux-image-6.1.0-2-fleet', reason: 'boot_not_verified' }),
        );
        expect(plan.checks).toContainEqual(expect.objectContaining({ code: 'kernels', verdict: 'warning' }));
      }
      await told('verified', 'an-older-boot/1', boot);
      fleet('exec', machine().name, 'apt-mark', 'manual', 'fleet-plain');
    });

    it('lets an old kernel go once the newest is running', async () => {
      const request = await changes.plan<AutoremovePlan>(id(), 'apt_autoremove');
      expect(request.plan.details.document.packages.map(({ name }) => name)).toEqual(['linux-image-6.1.0-2-fleet']);
      expect(await changes.run(request)).toMatchObject({ status: 'ok', errorKind: null });
      expect(installed('linux-image-6.1.0-2-fleet')).toBe(false);
      expect(installed('linux-image-6.1.0-10-fleet')).toBe(true);
    });
  });
});
