import Ajv2020 from 'ajv/dist/2020';
import { schemaOf } from '../../../kernel/contracts/contract';
import { MACHINE_PROBE, MACHINE_PROBE_IMPORTANT } from '../contracts/machine-probe.v1.schema';
import { importantProbe } from '../contracts/machine-probe-important.v1';
import { probeWarnings, warningCounts, type MachineProbe } from '../contracts/machine-probe.v1';
import { fixtureNames, loadFixture } from '../fixtures/load-fixture';
import { analyseProbe } from './analyse-probe';
import { ESSENTIAL_SECTIONS, PROBE_SECTIONS, type ProbeSection } from './probe-sections';

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(schemaOf(MACHINE_PROBE, 1));
const validateImportant = ajv.compile(schemaOf(MACHINE_PROBE_IMPORTANT, 1));

const analyse = (name: string, change: Record<string, Partial<ProbeSection> | null> = {}): MachineProbe => {
  const { sections, timing } = loadFixture(name);
  for (const [section, part] of Object.entries(change)) {
    const before = sections.get(section) ?? { stdout: '', stderr: '', exitCode: 0 };
    if (part === null) sections.delete(section);
    else sections.set(section, { ...before, ...part });
  }
  return analyseProbe(sections, timing);
};

const codes = (probe: MachineProbe): string[] =>
  probeWarnings(probe).map(({ severity, code, subject }) => [severity, code, subject].filter(Boolean).join(' '));

/** Paths of all nulls that mean "not measured", written as `unmeasured` writes them. */
function nullPaths(node: unknown, path = ''): string[] {
  if (node === null) return [path];
  if (Array.isArray(node)) {
    return node.flatMap((item: unknown) => {
      if (typeof item !== 'object' || item === null) return [];
      const named = item as Record<string, unknown>;
      const key = named['name'] ?? named['mount_point'] ?? named['address'];
      return nullPaths(item, `${path}[${String(key)}]`);
    });
  }
  if (typeof node !== 'object') return [];
  return Object.entries(node)
    .filter(([key]) => key !== 'warnings' && key !== 'unmeasured' && key !== 'critical_celsius')
    .flatMap(([key, value]) => nullPaths(value, path === '' ? key : `${path}.${key}`));
}

function expectSound(probe: MachineProbe): void {
  expect({ valid: validate(probe), errors: validate.errors }).toEqual({ valid: true, errors: null });
  const important = importantProbe(probe);
  expect({ valid: validateImportant(important), errors: validateImportant.errors }).toEqual({
    valid: true,
    errors: null,
  });
  expect(probe.unmeasured.map((entry) => entry.path).sort()).toEqual(nullPaths(probe).sort());
}

describe('analyseProbe on recorded answers', () => {
  const identities: [string, string][] = [
    ['bookworm/plain', 'debian 12.15 bookworm amd64 vm null generic_vm'],
    ['bookworm/systemd', 'debian 12.15 bookworm amd64 unknown container-other container'],
    ['bookworm/disks-in-trouble', 'debian 12.15 bookworm amd64 vm null generic_vm'],
    ['bookworm/docker-container', 'debian 12.11 bookworm amd64 unknown docker container'],
    ['trixie/plain', 'debian 13.7 trixie amd64 unknown container-other container'],
    ['trixie/systemd', 'debian 13.7 trixie amd64 unknown container-other container'],
    ['trixie/unprivileged', 'debian 13.7 trixie amd64 unknown container-other container'],
    ['unverified/gpu-server', 'debian 12.9 bookworm amd64 physical none gpu_server'],
    ['unverified/laptop', 'debian 13.1 trixie amd64 workstation none workstation'],
    ['unverified/lxc-container', 'debian 12.5 bookworm amd64 lxc lxc container'],
    ['unverified/proxmox-host', 'proxmox 8.2.4 bookworm amd64 proxmox_host none proxmox_host'],
    ['unverified/raspberry-pi-4', 'raspberry_pi_os 12.9 bookworm arm64 raspberry_pi none raspberry_pi'],
    ['unverified/raspberry-pi-zero', 'raspberry_pi_os 11.9 bullseye armhf raspberry_pi none raspberry_pi'],
    ['unverified/ubuntu-qemu-vm', 'ubuntu 24.04 noble amd64 vm kvm generic_vm'],
    ['unverified/vm-without-systemd', 'debian 12.9 bookworm amd64 vm vmware generic_vm'],
  ];

  it('has an expectation for every recorded answer', () => {
    expect(identities.map(([name]) => name).sort()).toEqual(fixtureNames());
  });

  it.each(identities)('%s is %s', (name, expected) => {
    const probe = analyse(name);
    const { os_family, os_version, os_codename, arch, machine_kind, virtualization, hardware_profile } = probe;
    const words = [os_family, os_version, os_codename, arch, machine_kind, virtualization, hardware_profile];
    expect(words.map(String).join(' ')).toBe(expected);
    expect(probe.complete).toBe(true);
    expectSound(probe);
  });

  const warnings: [string, MachineProbe['status'], string[]][] = [
    ['bookworm/plain', 'ok', []],
    ['bookworm/systemd', 'ok', ['info metrics_of_host /proc/meminfo', 'info metrics_of_host /proc/loadavg']],
    [
      'bookworm/disks-in-trouble',
      'error',
      [
        'error disk_nearly_full /boot',
        'error inodes_nearly_full /data',
        'warning boot_small /boot',
        'warning filesystem_read_only /srv/archive',
      ],
    ],
    [
      'trixie/systemd',
      'warning',
      ['warning failed_units', 'info metrics_of_host /proc/meminfo', 'info metrics_of_host /proc/loadavg'],
    ],
    [
      'unverified/gpu-server',
      'error',
      [
        'error filesystem_read_only /',
        'error memory_low',
        'error temperature_high coretemp/Package id 1',
        'warning failed_units',
        'warning disk_nearly_full /',
        'warning filesystem_not_measured',
        'info device_without_driver 0000:af:00.0',
      ],
    ],
    [
      'unverified/laptop',
      'warning',
      ['warning clock_skew', 'warning boot_small /boot', 'warning filesystem_read_only /media/user/USB STICK'],
    ],
    ['unverified/proxmox-host', 'ok', []],
    [
      'unverified/raspberry-pi-4',
      'error',
      ['error undervoltage', 'warning throttled', 'info firmware_update_available'],
    ],
    [
      'unverified/raspberry-pi-zero',
      'warning',
      [
        'warning disk_nearly_full /',
        'warning memory_low',
        'warning undervoltage_since_boot',
        'info throttled_since_boot',
      ],
    ],
  ];

  it.each(warnings)('%s is "%s"', (name, status, expected) => {
    const probe = analyse(name);
    expect(codes(probe)).toEqual(expected);
    expect(probe.status).toBe(status);
  });

  it('counts what is more than information for the tile', () => {
    expect(warningCounts(analyse('bookworm/disks-in-trouble'))).toEqual({ disk: 4, hardware: 0 });
    expect(warningCounts(analyse('unverified/raspberry-pi-4'))).toEqual({ disk: 0, hardware: 2 });
  });
});

describe('analyseProbe: what a machine is made of', () => {
  it('lists no disk, card, firmware or sensor of the host for a container', () => {
    const { hardware, unmeasured } = analyse('unverified/lxc-container');
    expect([hardware.disks, hardware.gpus, hardware.firmware, hardware.temperatures]).toEqual([null, null, null, null]);
    expect(unmeasured.find((entry) => entry.path === 'hardware.disks')?.code).toBe('not_applicable');
  });

  it('lists the network of a Proxmox host without the ends of its guests', () => {
    expect(analyse('unverified/proxmox-host').hardware.network?.map((net) => net.name)).toEqual([
      'eno1',
      'eno2',
      'vmbr0',
    ]);
  });

  it('does not take an optical drive without a disc for one of size 0', () => {
    const probe = analyse('unverified/proxmox-host');
    expect(probe.hardware.disks?.find((disk) => disk.name === 'sr0')).toMatchObject({
      type: 'optical',
      size_bytes: null,
    });
  });

  it('does not measure network file systems, and says so', () => {
    const probe = analyse('unverified/proxmox-host');
    const backup = probe.metrics.filesystems?.find((fileSystem) => fileSystem.mount_point === '/mnt/pve/backup');
    expect(backup).toMatchObject({ type: 'nfs4', size_bytes: null, used_percent: null, read_only: false });
  });

  it('recommends the vendor’s driver for an NVIDIA card without one', () => {
    expect(analyse('unverified/gpu-server').hardware.gpus).toMatchObject([
      { vendor: 'Matrox', driver: 'mgag200', recommendations: [] },
      { vendor: 'NVIDIA', model: 'TU104GL [Tesla T4]', driver: 'nvidia', recommendations: [] },
      { vendor: 'NVIDIA', driver: null, recommendations: ['install_vendor_driver'] },
    ]);
  });

  it('names an ARM core by its part number', () => {
    expect(analyse('unverified/raspberry-pi-4').hardware).toMatchObject({ cpu_model: 'Cortex-A72', cpu_cores: 4 });
  });

  it('ignores "critical" temperatures that are fillers', () => {
    const sensors = analyse('unverified/proxmox-host').hardware.temperatures;
    expect(sensors?.find((sensor) => sensor.name === 'nvme/Sensor 1')?.critical_celsius).toBeNull();
  });

  it('says that the hypervisor is unnamed instead of naming one', () => {
    const probe = analyse('bookworm/plain');
    expect(probe.unmeasured.find((entry) => entry.path === 'virtualization')?.code).toBe('undetermined');
  });
});

describe('analyseProbe: rules', () => {
  it('measures used memory by MemAvailable only', () => {
    const probe = analyse('bookworm/plain', { meminfo: { stdout: 'MemTotal:  2048 kB\nMemFree:  100 kB\n' } });
    expect(probe.metrics).toMatchObject({
      memory_total_bytes: 2_097_152,
      memory_used_bytes: null,
      memory_used_percent: null,
    });
    expectSound(probe);
  });

  it.each([
    ['inside the run', '1795426000', 0, []],
    ['a day ahead', '1795512400', 86_398, ['warning clock_skew']],
    ['long ago', '86400', -1_795_339_598, ['error clock_skew']],
  ])('judges a clock that is %s', (_, seconds, offset, expected) => {
    const probe = analyse('unverified/ubuntu-qemu-vm', { clock: { stdout: `${seconds}\n` } });
    expect(probe.system.clock_offset_seconds).toBe(offset);
    expect(codes(probe)).toEqual(expected);
  });

  it('tells a state of systemd that no failed unit explains', () => {
    const probe = analyse('unverified/ubuntu-qemu-vm', { systemd_state: { stdout: 'degraded\n', exitCode: 1 } });
    expect(codes(probe)).toEqual(['warning systemd_not_running_normally']);
  });

  it('does not call a desktop a server when the marks of its kind are missing', () => {
    expect(analyse('unverified/laptop', { kind_evidence: { stdout: '?' }, dmi: { exitCode: 66 } }).machine_kind).toBe(
      'unknown',
    );
  });

  it('keeps a read-only file system that fstab asks for out of the warnings', () => {
    const probe = analyse('bookworm/disks-in-trouble', { fstab: { stdout: '/srv/archive\tro\n' } });
    expect(codes(probe)).not.toContain('warning filesystem_read_only /srv/archive');
  });

  it('stays a Proxmox host when pveversion fails, without a version', () => {
    const probe = analyse('unverified/proxmox-host', { pve_version: { exitCode: 124, stdout: '' } });
    expect(probe).toMatchObject({ os_family: 'proxmox', os_version: null, machine_kind: 'proxmox_host' });
    expectSound(probe);
  });

  it('refuses to count a system of another family as manageable', () => {
    const fedora = 'ID=fedora\nVERSION_ID=42\nPRETTY_NAME="Fedora Linux 42"\n';
    const probe = analyse('unverified/ubuntu-qemu-vm', {
      os_release: { stdout: fedora },
      dpkg_arch: { exitCode: 127, stdout: '' },
    });
    expect(probe).toMatchObject({ os_family: 'fedora', arch: null, status: 'error' });
    expect(codes(probe)).toContain('error not_debian_family');
  });
});

describe('analyseProbe on bad answers', () => {
  it.each([...PROBE_SECTIONS])('survives the loss of %s', (section) => {
    const probe = analyse('unverified/raspberry-pi-4', { [section]: null });
    expect(probe).toMatchObject({ complete: false, status: 'error' });
    expectSound(probe);
  });

  it.each([...PROBE_SECTIONS])('survives an answer cut off in %s', (section) => {
    const probe = analyse('unverified/proxmox-host', { [section]: { exitCode: null } });
    expect(probe).toMatchObject({ complete: false, status: 'error' });
    expectSound(probe);
  });

  const garbage: [string, string][] = [
    ['words', 'sh: 1: Syntax error: "(" unexpected\n'],
    ['binary', '\u0000\ufffd\u001b[31m\t\t\u2028\n'],
    ['nothing', ''],
    ['a flood', `${'9'.repeat(100_000)}\n`],
  ];
  it.each(PROBE_SECTIONS.flatMap((section) => garbage.map(([kind, stdout]) => [section, kind, stdout] as const)))(
    'does not guess when %s holds %s',
    (section, _, stdout) => {
      const probe = analyse('unverified/gpu-server', { [section]: { stdout, exitCode: 0 } });
      expectSound(probe);
      if (ESSENTIAL_SECTIONS.has(section)) expect(probe).toMatchObject({ complete: false, status: 'error' });
      const stored = JSON.stringify(probe);
      expect(stored.length).toBeLessThan(60_000);
      expect(stored).not.toMatch(/\\u00[01]/);
    },
  );

  it('leaves everything null when the machine said nothing', () => {
    const probe = analyseProbe(new Map(), { startedAt: new Date(0), receivedAt: new Date(0) });
    expect(probe).toMatchObject({ status: 'error', complete: false, os_family: null, machine_kind: 'unknown' });
    expect(probe.metrics).toMatchObject({
      load1: null,
      memory_used_percent: null,
      root_used_percent: null,
      filesystems: null,
    });
    expectSound(probe);
  });
});
