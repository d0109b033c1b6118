import type { MachineTileDto } from './dto/machine-tile.dto';
import type { TagDto } from './dto/tag.dto';
import type { AptStatus, MachineKind, MachineStatus } from './entities/machines.values';
import type { IndexAge } from './index-age';
import { needOfRank } from './needs';
import { saidIn } from '../../kernel/sentences/said';

/** What stands in the column `os_family`, which is never null, before a probe has found it. */
export const UNMEASURED_OS = 'unknown';

/** What a tile is made of, as one SELECT gives it: `TILE_COLUMNS` from `TILE_SOURCES`. */
export interface TileRow {
  id: string;
  name: string;
  hostname: string;
  port: number;
  os_family: string;
  os_version: string | null;
  os_codename: string | null;
  arch: string | null;
  machine_kind: MachineKind | null;
  virtualization: string | null;
  hardware_profile: string | null;
  status: MachineStatus;
  last_seen_at: Date | null;
  created_at: Date;
  deleted_at: Date | null;
  needs_rank: number;
  underlying_needs_rank: number;
  apt_status: AptStatus;
  apt_updates_count: number | null;
  apt_security_updates_count: number | null;
  apt_kept_back_count: number | null;
  apt_reboot_required: boolean | null;
  apt_reboot_reason: string | null;
  apt_stale: boolean;
  apt_last_analyze_at: Date | null;
  apt_index_refreshed_at: Date | null;
  metrics_last_collected_at: Date | null;
  cpu_load1: number | null;
  memory_used_percent: number | null;
  root_used_percent: number | null;
  disk_warnings_count: number | null;
  hardware_warnings_count: number | null;
  open_messages_count: number | null;
  last_error_kind: string | null;
  last_error_message: string | null;
  /** bigint */
  revision: string;
  state_updated_at: Date;
  job_id: string | null;
  job_kind: string | null;
  job_phase: string | null;
  job_started_at: Date | null;
  job_step: string | null;
  tags: TagDto[] | null;
}

/** Machines and their state, the job that runs, and the tags; to be joined on a relation `page(id)`. */
export const TILE_SOURCES = `
  JOIN machines m ON m.id = page.id
  JOIN machine_state s ON s.machine_id = m.id
  LEFT JOIN jobs j ON j.id = s.running_job_id
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', t.id, 'name', t.name, 'color', t.color) ORDER BY lower(t.name)) AS tags
      FROM machine_tags mt JOIN tags t ON t.id = mt.tag_id WHERE mt.machine_id = m.id
  ) tagged ON true`;

export const tileColumns = (age: IndexAge): string => `
  m.id, m.name, m.hostname, m.port, m.os_family, m.os_version, m.os_codename, m.arch, m.machine_kind, m.virtualization,
  m.hardware_profile, m.status, m.last_seen_at, m.created_at, m.deleted_at,
  ${age.needsRank} AS needs_rank, ${age.underlyingNeedsRank} AS underlying_needs_rank, s.apt_status, s.apt_updates_count, s.apt_security_updates_count,
  s.apt_kept_back_count, s.apt_reboot_required, s.apt_reboot_reason, ${age.aptStale} AS apt_stale, s.apt_last_analyze_at,
  s.apt_index_refreshed_at, s.metrics_last_collected_at, s.cpu_load1, s.memory_used_percent, s.root_used_percent,
  s.disk_warnings_count, s.hardware_warnings_count, s.open_messages_count, s.last_error_kind, s.last_error_message,
  s.revision, s.updated_at AS state_updated_at,
  j.id AS job_id, j.kind AS job_kind, j.phase AS job_phase, j.started_at AS job_started_at, j.step AS job_step,
  tagged.tags`;

/** Pure, and plain: it runs for every row of every page. */
export function toTile(row: TileRow): MachineTileDto {
  return {
    id: row.id,
    name: row.name,
    hostname: row.hostname,
    port: row.port,
    osFamily: row.os_family === UNMEASURED_OS ? null : row.os_family,
    osVersion: row.os_version,
    osCodename: row.os_codename,
    arch: row.arch,
    machineKind: row.machine_kind ?? 'unknown',
    virtualization: row.virtualization,
    hardwareProfile: row.hardware_profile,
    status: row.status,
    tags: row.tags ?? [],
    lastSeenAt: row.last_seen_at,
    createdAt: row.created_at,
    archivedAt: row.deleted_at,
    need: needOfRank(row.needs_rank),
    underlyingNeed: needOfRank(row.underlying_needs_rank),
    apt: aptOf(row),
    metrics: {
      collectedAt: row.metrics_last_collected_at,
      cpuLoad1: row.cpu_load1,
      memoryUsedPercent: row.memory_used_percent,
      rootUsedPercent: row.root_used_percent,
      diskWarnings: row.disk_warnings_count,
      hardwareWarnings: row.hardware_warnings_count,
    },
    openMessagesCount: row.open_messages_count,
    runningJob: jobOf(row),
    lastError: errorOf(row),
    revision: Number(row.revision),
    updatedAt: row.state_updated_at,
  };
}

function aptOf(row: TileRow): MachineTileDto['apt'] {
  return {
    status: row.apt_status,
    updatesCount: row.apt_updates_count,
    securityCount: securityCountOf(row),
    keptBackCount: row.apt_kept_back_count,
    rebootRequired: row.apt_reboot_required,
    rebootReason: row.apt_reboot_reason,
    said: saidIn({ rebootReason: row.apt_reboot_reason }, ['rebootReason']),
    stale: row.apt_stale,
    lastAnalyzeAt: row.apt_last_analyze_at,
    indexRefreshedAt: row.apt_index_refreshed_at,
  };
}

/** Security updates are among the updates. A count that stands from before may hold new packages too. */
function securityCountOf({ apt_updates_count: updates, apt_security_updates_count: security }: TileRow): number | null {
  return updates === null || security === null ? security : Math.min(updates, security);
}

function errorOf({ last_error_kind: kind, last_error_message: message }: TileRow): MachineTileDto['lastError'] {
  return kind === null ? null : { kind, message, said: saidIn({ message }, ['message']) };
}

function jobOf(row: TileRow): MachineTileDto['runningJob'] {
  if (row.job_id === null || row.job_kind === null) return null;
  return {
    id: row.job_id,
    kind: row.job_kind,
    phase: row.job_phase,
    startedAt: row.job_started_at,
    step: row.job_step,
  };
}
