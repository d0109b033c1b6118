import {
  MACHINE_PROBE_VERSION,
  probeWarnings,
  type MachineKind,
  type MachineProbe,
  type ProbeWarning,
  type Unmeasured,
} from './machine-probe.v1';

export const MACHINE_PROBE_IMPORTANT_CONTRACT = 'machine_probe.important';

/** How many warnings the reduced document keeps; `warnings_total` says how many there were. */
export const IMPORTANT_WARNINGS_LIMIT = 20;

/** The reduced form of a probe (`snapshots.important_json`): what a report or an assistant needs, a few hundred bytes. */
export interface MachineProbeImportant {
  contract: typeof MACHINE_PROBE_IMPORTANT_CONTRACT;
  schema_version: typeof MACHINE_PROBE_VERSION;
  status: MachineProbe['status'];
  complete: boolean;
  os_family: string | null;
  os_version: string | null;
  os_codename: string | null;
  arch: string | null;
  machine_kind: MachineKind;
  virtualization: string | null;
  hardware_profile: string | null;
  cpu_model: string | null;
  cpu_cores: number | null;
  memory_bytes: number | null;
  load1: number | null;
  memory_used_percent: number | null;
  root_used_percent: number | null;
  /** the worst first, without `info` */
  warnings: ProbeWarning[];
  warnings_total: number;
  /** reasons of the nulls above, by their name here */
  unmeasured: Unmeasured[];
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['os_family', 'os_family'],
  ['os_version', 'os_version'],
  ['os_codename', 'os_codename'],
  ['arch', 'arch'],
  ['virtualization', 'virtualization'],
  ['hardware_profile', 'hardware_profile'],
  ['hardware.cpu_model', 'cpu_model'],
  ['hardware.cpu_cores', 'cpu_cores'],
  ['hardware.memory_bytes', 'memory_bytes'],
  ['metrics.load1', 'load1'],
  ['metrics.memory_used_percent', 'memory_used_percent'],
  ['metrics.root_used_percent', 'root_used_percent'],
]);

/** Reduces a probe. */
export function importantProbe(probe: MachineProbe): MachineProbeImportant {
  const warnings = probeWarnings(probe).filter((warning) => warning.severity !== 'info');
  return {
    contract: MACHINE_PROBE_IMPORTANT_CONTRACT,
    schema_version: MACHINE_PROBE_VERSION,
    status: probe.status,
    complete: probe.complete,
    os_family: probe.os_family,
    os_version: probe.os_version,
    os_codename: probe.os_codename,
    arch: probe.arch,
    machine_kind: probe.machine_kind,
    virtualization: probe.virtualization,
    hardware_profile: probe.hardware_profile,
    cpu_model: probe.hardware.cpu_model,
    cpu_cores: probe.hardware.cpu_cores,
    memory_bytes: probe.hardware.memory_bytes,
    load1: probe.metrics.load1,
    memory_used_percent: probe.metrics.memory_used_percent,
    root_used_percent: probe.metrics.root_used_percent,
    warnings: warnings.slice(0, IMPORTANT_WARNINGS_LIMIT),
    warnings_total: warnings.length,
    unmeasured: probe.unmeasured.flatMap((entry) => {
      const path = NAMES.get(entry.path);
      return path === undefined ? [] : [{ ...entry, path }];
    }),
  };
}
