/** The closed lists of these tables, as their CHECK constraints have them. */

export const APT_PROXY_MODES = ['system', 'none', 'custom'] as const;
export type AptProxyMode = (typeof APT_PROXY_MODES)[number];

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

export const MACHINE_STATUSES = ['new', 'active', 'unreachable', 'quarantined', 'archived'] as const;
export type MachineStatus = (typeof MACHINE_STATUSES)[number];
/** Those of a machine in use. */
export const MACHINE_STATUSES_IN_USE = ['new', 'active', 'unreachable', 'quarantined'] as const;
export type MachineStatusInUse = (typeof MACHINE_STATUSES_IN_USE)[number];

export const APT_STATUSES = ['unknown', 'up_to_date', 'updates', 'security_updates', 'stale', 'error'] as const;
export type AptStatus = (typeof APT_STATUSES)[number];

export const DOCKER_STATUSES = ['unknown', 'none', 'up_to_date', 'updates', 'error'] as const;
export type DockerStatus = (typeof DOCKER_STATUSES)[number];

export const POST_INSTALL_STATUSES = ['not_run', 'ok', 'warning', 'error', 'pending'] as const;
export type PostInstallStatus = (typeof POST_INSTALL_STATUSES)[number];

export const MACHINE_STATE_STATUSES = ['unknown', 'ok', 'warning', 'error', 'unreachable', 'quarantined'] as const;
export type MachineStateStatus = (typeof MACHINE_STATE_STATUSES)[number];
