/** The closed lists of these tables, as their CHECK constraints have them. */

export const AUDIT_ACTOR_TYPES = ['user', 'system', 'schedule', 'hermes', 'api_client', 'external'] as const;
export type AuditActorType = (typeof AUDIT_ACTOR_TYPES)[number];

export const AUDIT_OUTCOMES = ['ok', 'denied', 'error'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];
