/** The closed lists of these tables, as their CHECK constraints have them. */

export const JOB_REQUESTER_TYPES = ['user', 'system', 'schedule', 'hermes', 'api_client', 'external'] as const;
export type JobRequesterType = (typeof JOB_REQUESTER_TYPES)[number];

export const JOB_STATUSES = ['queued', 'running', 'ok', 'warning', 'error', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const LOG_STREAMS = ['out', 'err', 'note'] as const;
export type LogStream = (typeof LOG_STREAMS)[number];

export const LOCK_KINDS = ['apt', 'docker', 'post_install', 'reboot', 'exclusive'] as const;
/** No action takes these yet: they come with Docker and post-install. */
export const RESERVED_LOCK_KINDS = ['docker', 'post_install'] as const satisfies readonly (typeof LOCK_KINDS)[number][];
export type LockKind = (typeof LOCK_KINDS)[number];

export const ACTION_REQUESTER_TYPES = ['user', 'hermes', 'schedule', 'api_client'] as const;
export type ActionRequesterType = (typeof ACTION_REQUESTER_TYPES)[number];

export const ACTION_REQUEST_STATUSES = ['pending', 'approved', 'rejected', 'executed', 'expired'] as const;
export type ActionRequestStatus = (typeof ACTION_REQUEST_STATUSES)[number];

export const TARGET_STATUSES = ['pending', 'executed', 'expired', 'skipped'] as const;
export type TargetStatus = (typeof TARGET_STATUSES)[number];

/** From what leaves most to whoever asked, to what leaves least. */
export const APPROVAL_DEMANDS = ['own_confirmation', 'four_eyes', 'administrators'] as const;
export type ApprovalDemand = (typeof APPROVAL_DEMANDS)[number];
