/** Name of the document in `snapshots.payload_json` that a probe leaves. */
export const MACHINE_PROBE_CONTRACT = 'machine_probe';
export const MACHINE_PROBE_VERSION = 1;

export const MACHINE_KINDS = [
  'physical',
  'vm',
  'proxmox_host',
  'lxc',
  'raspberry_pi',
  'workstation',
  'unknown',
] as const;
export type MachineKind = (typeof MACHINE_KINDS)[number];

/** Why a field is null. The sentence beside it is for people, the code for programs and translation. */
export const UNMEASURED_CODES = [
  /** this machine has no such thing */
  'not_present',
  /** it exists, but reading it failed or gave nothing */
  'not_readable',
  /** the tool that would tell is not installed */
  'tool_missing',
  /** the tool ran and failed */
  'command_failed',
  'timed_out',
  /** the answer broke off before this */
  'not_collected',
  /** the answer is not in the expected form; nothing of it is used */
  'unreadable_answer',
  /** it would describe something else, e.g. a container's host */
  'not_applicable',
  /** this version of the probe does not look */
  'not_probed',
  /** the evidence does not decide */
  'undetermined',
] as const;
export type UnmeasuredCode = (typeof UNMEASURED_CODES)[number];

/** Says why the null at `path` is null; `path` looks like `hardware.disks[sda].size_bytes`. */
export interface Unmeasured {
  path: string;
  code: UnmeasuredCode;
  reason: string;
}

export const SEVERITIES = ['info', 'warning', 'error'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const WARNING_AREAS = ['disk', 'memory', 'hardware', 'system', 'probe'] as const;
type WarningArea = (typeof WARNING_AREAS)[number];

export const WARNING_CODES = [
  'disk_nearly_full',
  'inodes_nearly_full',
  'boot_small',
  'filesystem_read_only',
  'filesystem_not_measured',
  'memory_low',
  'metrics_of_host',
  'undervoltage',
  'undervoltage_since_boot',
  'throttled',
  'throttled_since_boot',
  'temperature_high',
  'device_without_driver',
  'firmware_update_available',
  'systemd_not_running_normally',
  'failed_units',
  'clock_skew',
  'not_debian_family',
  'section_unreadable',
  'answer_incomplete',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];

export interface ProbeWarning {
  code: WarningCode;
  area: WarningArea;
  severity: Severity;
  /** English sentence; a translation is made from `code` and `params` */
  message: string;
  /** what it is about: a mount point, a device, a section; null where that is the machine */
  subject: string | null;
  params: Record<string, string | number>;
}

export interface OperatingSystem {
  id: string | null;
  id_like: string[] | null;
  pretty_name: string | null;
  version_id: string | null;
  debian_version: string | null;
  kernel_release: string | null;
  kernel_machine: string | null;
  hostname: string | null;
}

export interface Gpu {
  address: string;
  bus: 'pci' | 'platform';
  vendor: string | null;
  vendor_id: string | null;
  device_id: string | null;
  model: string | null;
  driver: string | null;
  recommendations: 'install_vendor_driver'[];
}

export interface Disk {
  name: string;
  type: 'disk' | 'nvme' | 'mmc' | 'optical' | 'raid' | 'mapper' | 'zvol' | 'network' | 'other';
  size_bytes: number | null;
  rotational: boolean | null;
  removable: boolean | null;
  read_only: boolean | null;
  model: string | null;
  /** the probe reads no SMART data; always null in this version, with its reason */
  smart: null;
}

interface NetworkAddress {
  family: 'inet' | 'inet6';
  address: string;
  prefix: number;
  scope: string;
}

export interface NetworkInterface {
  name: string;
  mac: string | null;
  state: string | null;
  speed_mbps: number | null;
  driver: string | null;
  virtual: boolean;
  addresses: NetworkAddress[] | null;
}

export interface Firmware {
  bios_vendor: string | null;
  bios_version: string | null;
  bios_date: string | null;
  system_vendor: string | null;
  product_name: string | null;
  raspberry_eeprom: 'current' | 'update_available' | 'failed' | 'frozen' | null;
}

export interface DeviceDriver {
  address: string;
  device_class: 'storage' | 'network' | 'display' | 'accelerator';
  vendor_id: string;
  device_id: string;
  driver: string | null;
}

export interface Temperature {
  /** `source/sensor`, made unique by a number where the machine has several alike */
  name: string;
  celsius: number | null;
  /** null where the sensor states none; that is not a failure of the probe and has no entry in `unmeasured` */
  critical_celsius: number | null;
}

/** Raspberry Pi only. The `_since_boot` flags stay set until the next boot. */
export interface Power {
  undervoltage_now: boolean | null;
  undervoltage_since_boot: boolean | null;
  throttled_now: boolean | null;
  throttled_since_boot: boolean | null;
}

export interface ProbeHardware {
  cpu_model: string | null;
  /** logical processors the machine may use */
  cpu_cores: number | null;
  memory_bytes: number | null;
  gpus: Gpu[] | null;
  disks: Disk[] | null;
  /** without loopback and the machine's ends of guest and container links (veth, tap) */
  network: NetworkInterface[] | null;
  firmware: Firmware | null;
  drivers: DeviceDriver[] | null;
  temperatures: Temperature[] | null;
  power: Power | null;
  warnings: ProbeWarning[];
}

export interface FileSystem {
  mount_point: string;
  device: string;
  type: string;
  size_bytes: number | null;
  used_bytes: number | null;
  available_bytes: number | null;
  /** of what users may fill: used / (used + available), as df shows it */
  used_percent: number | null;
  inodes_total: number | null;
  inodes_used: number | null;
  inodes_used_percent: number | null;
  read_only: boolean | null;
}

export interface ProbeMetrics {
  load1: number | null;
  load5: number | null;
  cores: number | null;
  memory_total_bytes: number | null;
  /** total minus available */
  memory_used_bytes: number | null;
  memory_available_bytes: number | null;
  memory_used_percent: number | null;
  filesystems: FileSystem[] | null;
  root_used_percent: number | null;
  warnings: ProbeWarning[];
}

export interface ProbeSystem {
  uptime_seconds: number | null;
  boot_id: string | null;
  /** machine minus controller; 0 when it lies within the time the run took */
  clock_offset_seconds: number | null;
  systemd_state: string | null;
  failed_units: string[] | null;
  warnings: ProbeWarning[];
}

/** What one probe of a machine found. A null is "not measured", and `unmeasured` has the reason for each. */
export interface MachineProbe {
  contract: typeof MACHINE_PROBE_CONTRACT;
  schema_version: typeof MACHINE_PROBE_VERSION;
  /** the worst warning; an incomplete answer is an error */
  status: 'ok' | 'warning' | 'error';
  /** false when a section is missing or an essential one could not be read */
  complete: boolean;
  os_family: string | null;
  os_version: string | null;
  os_codename: string | null;
  arch: string | null;
  machine_kind: MachineKind;
  virtualization: string | null;
  hardware_profile: string | null;
  /** sentences: what decided */
  evidence: { machine_kind: string; virtualization: string };
  os: OperatingSystem;
  hardware: ProbeHardware;
  metrics: ProbeMetrics;
  system: ProbeSystem;
  unmeasured: Unmeasured[];
}

/** Every warning of a probe, the worst first. */
export function probeWarnings(probe: Pick<MachineProbe, 'hardware' | 'metrics' | 'system'>): ProbeWarning[] {
  const all = [...probe.system.warnings, ...probe.metrics.warnings, ...probe.hardware.warnings];
  return all.sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}

/** Counts for `machine_state`: what is `info` is no warning. */
export function warningCounts(probe: MachineProbe): { disk: number; hardware: number } {
  const count = (area: WarningArea): number =>
    probeWarnings(probe).filter((warning) => warning.area === area && warning.severity !== 'info').length;
  return { disk: count('disk'), hardware: count('hardware') };
}
