/** The closed lists of these tables, as their CHECK constraints have them. */

export const COMPOSE_VARIANTS = ['v2', 'v1', 'none'] as const;
export type ComposeVariant = (typeof COMPOSE_VARIANTS)[number];

export const PRUNE_MODES = ['safe', 'aggressive'] as const;
export type PruneMode = (typeof PRUNE_MODES)[number];

export const STACK_DETECTIONS = ['root_scan', 'label', 'manual'] as const;
export type StackDetection = (typeof STACK_DETECTIONS)[number];

export const STACK_STATUSES = ['candidate', 'enabled', 'ignored', 'error'] as const;
export type StackStatus = (typeof STACK_STATUSES)[number];

export const SERVICE_STATUSES = [
  'up_to_date',
  'updates_available',
  'error',
  'pinned',
  'local_build',
  'unknown',
  'pending_recreate',
] as const;
export type ServiceStatus = (typeof SERVICE_STATUSES)[number];

export const IMAGE_OPERATIONS = ['pulled', 'recreated', 'pruned', 'rolled_back'] as const;
export type ImageOperation = (typeof IMAGE_OPERATIONS)[number];

export const LOOKUP_STATUSES = ['found', 'not_found', 'unauthorized', 'rate_limited', 'unreachable'] as const;
export type LookupStatus = (typeof LOOKUP_STATUSES)[number];
