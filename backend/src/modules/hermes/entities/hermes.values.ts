/** The closed lists of these tables, as their CHECK constraints have them. */

export const SESSION_STATUSES = ['active', 'closed'] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export const RUN_STATUSES = ['running', 'ok', 'error', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const CALL_STATUSES = ['ok', 'denied', 'error'] as const;
export type CallStatus = (typeof CALL_STATUSES)[number];
