import type { MachineFactsInput } from '../machines/machine-facts';
import { warningCounts, type MachineProbe } from './contracts/machine-probe.v1';

type Facts = Omit<MachineFactsInput, 'actor' | 'jobId' | 'snapshotId' | 'collectedAt'>;

/** From the document to the columns that people look at often. */
export function factsOf(probe: MachineProbe): Facts {
  const { hardware, metrics } = probe;
  const warnings = warningCounts(probe);
  return {
    identity: {
      osFamily: probe.os_family,
      osVersion: probe.os_version,
      osCodename: probe.os_codename,
      arch: probe.arch,
      // systemd's words have dashes (`container-other`); the column's grammar has not.
      virtualization: probe.virtualization?.replaceAll('-', '_') ?? null,
      hardwareProfile: probe.hardware_profile,
      machineKind: probe.machine_kind,
    },
    hardware: {
      cpuModel: hardware.cpu_model,
      cpuCores: hardware.cpu_cores,
      memoryBytes: hardware.memory_bytes,
      gpus: hardware.gpus,
      disks: hardware.disks,
      network: hardware.network,
      firmware: hardware.firmware,
      drivers: hardware.drivers,
      warnings: hardware.warnings,
      reasons: Object.fromEntries(probe.unmeasured.map(({ path, reason }) => [path, reason])),
    },
    metrics: {
      cpuLoad1: metrics.load1,
      cpuLoad5: metrics.load5,
      cpuCores: metrics.cores,
      memoryTotalBytes: metrics.memory_total_bytes,
      memoryUsedBytes: metrics.memory_used_bytes,
      memoryAvailableBytes: metrics.memory_available_bytes,
      memoryUsedPercent: metrics.memory_used_percent,
      filesystems: metrics.filesystems,
      rootUsedPercent: metrics.root_used_percent,
      warnings: metrics.warnings,
    },
    // A count is only a count when the thing behind it was looked at.
    diskWarnings: metrics.filesystems === null ? null : warnings.disk,
    hardwareWarnings: hardware.temperatures === null && hardware.power === null ? null : warnings.hardware,
  };
}
