/** The closed lists of these tables, as their CHECK constraints have them. */

export const USER_ROLES = ['viewer', 'operator', 'administrator'] as const;
export type UserRole = (typeof USER_ROLES)[number];

export const USER_STATUSES = ['active', 'disabled', 'invited'] as const;
export type UserStatus = (typeof USER_STATUSES)[number];

export const LINK_PURPOSES = ['setup', 'invite', 'reset'] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

export const CLIENT_KINDS = ['webapp', 'rust_gnome_app', 'script', 'mcp', 'other'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

export const CLIENT_STATUSES = ['active', 'revoked', 'expired'] as const;
export type ClientStatus = (typeof CLIENT_STATUSES)[number];

/** The four of the specification, then those for one kind of work. */
export const CLIENT_SCOPES = [
  'read',
  'operate',
  'admin',
  'debug_logs',
  'read:secrets',
  'plan',
  'approve',
  'apply:apt',
  'apply:docker',
  'prune',
  'terminal',
  'discovery',
] as const;
