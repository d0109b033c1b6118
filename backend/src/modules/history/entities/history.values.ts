/** The closed lists of these tables, as their CHECK constraints have them. */

export const SNAPSHOT_STATUSES = ['ok', 'warning', 'error'] as const;
export type SnapshotStatus = (typeof SNAPSHOT_STATUSES)[number];

export const EXECUTION_MODES = ['manual', 'scheduled', 'hermes_requested', 'external'] as const;
export type ExecutionMode = (typeof EXECUTION_MODES)[number];

export const EXECUTION_STATUSES = ['running', 'ok', 'warning', 'error', 'cancelled'] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

export const ACTOR_TYPES = ['user', 'system', 'schedule', 'hermes', 'api_client', 'external'] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];

export const EVENT_SEVERITIES = ['info', 'warning', 'error'] as const;
export type EventSeverity = (typeof EVENT_SEVERITIES)[number];

export const MESSAGE_CATEGORIES = [
  'error',
  'warning',
  'future_major_change',
  'deprecation',
  'security_notice',
  'repository_notice',
] as const;
export type MessageCategory = (typeof MESSAGE_CATEGORIES)[number];

export const MESSAGE_SEVERITIES = ['info', 'warning', 'error'] as const;
export type MessageSeverity = (typeof MESSAGE_SEVERITIES)[number];

export const MESSAGE_SOURCES = ['apt', 'docker', 'post_install', 'ssh', 'system'] as const;
export type MessageSource = (typeof MESSAGE_SOURCES)[number];

export const REPORT_KINDS = ['machine', 'global', 'cleanup', 'hermes'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export const ARTIFACT_KINDS = ['raw_log', 'rendered_template', 'export', 'screenshot'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

export const RETENTION_POLICIES = ['default', 'failed', 'pinned', 'short'] as const;
export type RetentionPolicy = (typeof RETENTION_POLICIES)[number];
