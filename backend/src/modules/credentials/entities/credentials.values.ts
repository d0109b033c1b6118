/** The closed lists of these tables, as their CHECK constraints have them. */

export const AUTH_METHODS = ['password', 'ssh_key'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

export const CREDENTIALS_STATUSES = ['ok', 'error', 'unknown'] as const;
export type CredentialsStatus = (typeof CREDENTIALS_STATUSES)[number];

export const SUDO_MODES = ['same_as_ssh', 'separate', 'none'] as const;
export type SudoMode = (typeof SUDO_MODES)[number];

export const HOST_KEY_STATUSES = ['approved', 'changed', 'rejected', 'unknown'] as const;
export type HostKeyStatus = (typeof HOST_KEY_STATUSES)[number];
