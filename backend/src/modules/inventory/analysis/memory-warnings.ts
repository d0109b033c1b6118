import type { ProbeMetrics, ProbeWarning } from '../contracts/machine-probe.v1';
import type { Mount } from '../parsers/file-systems';
import { THRESHOLDS } from './thresholds';
import { say } from '../inventory.sentences';

function memoryLow(metrics: Omit<ProbeMetrics, 'warnings'>): ProbeWarning[] {
  const { memory_used_percent: percent, memory_available_bytes: available } = metrics;
  if (percent === null || percent < THRESHOLDS.memoryUsedPercent) return [];
  return [
    {
      code: 'memory_low',
      area: 'memory',
      severity: percent >= THRESHOLDS.memoryCriticalPercent ? 'error' : 'warning',
      message: say.memory_low({ percent }),
      subject: null,
      params: { percent, ...(available === null ? {} : { available_bytes: available }) },
    },
  ];
}

/** Without lxcfs the kernel shows every container the memory and the load of its host. */
function metricsOfHost(inContainer: boolean, mounts: readonly Mount[]): ProbeWarning[] {
  if (!inContainer) return [];
  const own = (path: string): boolean =>
    mounts.some((mount) => mount.mountPoint === path && mount.type === 'fuse.lxcfs');
  const shared = ['/proc/meminfo', '/proc/loadavg'].filter((path) => !own(path));
  return shared.map((path) => ({
    code: 'metrics_of_host',
    area: 'memory',
    severity: 'info',
    message: say.metrics_of_host({ path }),
    subject: path,
    params: {},
  }));
}

export function memoryWarnings(
  metrics: Omit<ProbeMetrics, 'warnings'>,
  inContainer: boolean,
  mounts: readonly Mount[],
): ProbeWarning[] {
  // memory that is the host's must not warn for the container
  const ofHost = metricsOfHost(inContainer, mounts);
  const shared = ofHost.some((warning) => warning.subject === '/proc/meminfo');
  return [...(shared ? [] : memoryLow(metrics)), ...ofHost];
}
