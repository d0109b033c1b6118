/** The closed lists of these tables, as their CHECK constraints have them. */

export const CLEANUP_MODES = ['dry_run', 'apply'] as const;
export type CleanupMode = (typeof CLEANUP_MODES)[number];

export const MAINTENANCE_STATUSES = ['running', 'ok', 'warning', 'error', 'cancelled'] as const;
export type MaintenanceStatus = (typeof MAINTENANCE_STATUSES)[number];

export const SCAN_METHODS = ['nmap', 'tcp'] as const;
export type ScanMethod = (typeof SCAN_METHODS)[number];

export const CANDIDATE_MATCHES = ['new', 'known', 'moved', 'key_changed', 'duplicate_key'] as const;
export type CandidateMatch = (typeof CANDIDATE_MATCHES)[number];
