import { ApiProperty } from '@nestjs/swagger';
import {
  APT_STATUSES,
  MACHINE_KINDS,
  MACHINE_STATUSES,
  type AptStatus,
  type MachineKind,
  type MachineStatus,
} from '../entities/machines.values';
import { NEED_STATES, type NeedState } from '../needs';
import { TagDto } from './tag.dto';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

/** Counts are null until a first good analysis; afterwards they keep their last good values. */
export class AptTileDto {
  @ApiProperty({ enum: APT_STATUSES, enumName: 'AptStatus' })
  status: AptStatus;
  updatesCount: number | null;
  securityCount: number | null;
  /** Packages with a newer version that stay as they are. */
  keptBackCount: number | null;
  /** Null: not measured, or it cannot be told. */
  rebootRequired: boolean | null;
  /** One sentence a line. */
  rebootReason: string | null;
  /** Of `rebootReason`. */
  @ApiSaid()
  said: SaidByField;
  /** The counts are older than the last analysis that was tried. */
  stale: boolean;
  /** The last good analysis. */
  lastAnalyzeAt: Date | null;
  /** The last refresh that reached every repository. */
  indexRefreshedAt: Date | null;
}

export class MetricsTileDto {
  collectedAt: Date | null;
  cpuLoad1: number | null;
  /** 0 to 100. */
  memoryUsedPercent: number | null;
  /** 0 to 100, of the root file system. */
  rootUsedPercent: number | null;
  diskWarnings: number | null;
  hardwareWarnings: number | null;
}

export class RunningJobDto {
  id: string;
  kind: string;
  phase: string | null;
  startedAt: Date | null;
  step: string | null;
}

export class LastErrorDto {
  kind: string;
  message: string | null;
  @ApiSaid()
  said: SaidByField;
}

/** A machine as a tile shows it. The same everywhere: list, page, live topic. */
export class MachineTileDto {
  id: string;
  name: string;
  hostname: string;
  port: number;
  osFamily: string | null;
  osVersion: string | null;
  osCodename: string | null;
  arch: string | null;
  @ApiProperty({ enum: MACHINE_KINDS, enumName: 'MachineKind' })
  machineKind: MachineKind;
  virtualization: string | null;
  hardwareProfile: string | null;
  @ApiProperty({ enum: MACHINE_STATUSES, enumName: 'MachineStatus' })
  status: MachineStatus;
  @ApiProperty({ type: () => [TagDto] })
  tags: TagDto[];
  lastSeenAt: Date | null;
  createdAt: Date;
  archivedAt: Date | null;
  @ApiProperty({ enum: NEED_STATES, enumName: 'NeedState' })
  need: NeedState;
  /** What it needs beneath a running job. */
  @ApiProperty({ enum: NEED_STATES, enumName: 'NeedState' })
  underlyingNeed: NeedState;
  @ApiProperty({ type: () => AptTileDto })
  apt: AptTileDto;
  @ApiProperty({ type: () => MetricsTileDto })
  metrics: MetricsTileDto;
  /** Messages that nobody has acknowledged; null before anything was read. */
  openMessagesCount: number | null;
  @ApiProperty({ type: () => RunningJobDto, nullable: true })
  runningJob: RunningJobDto | null;
  @ApiProperty({ type: () => LastErrorDto, nullable: true })
  lastError: LastErrorDto | null;
  /** Raised by every change: a tile with a lower revision is older. */
  revision: number;
  updatedAt: Date;
}

/** How many machines are in each state. */
export class NeedCountsDto implements Record<NeedState, number> {
  quarantined: number;
  failed: number;
  unreachable: number;
  running: number;
  security: number;
  reboot: number;
  updates: number;
  unknown: number;
  stale: number;
  clean: number;
}

export class MachinePageDto {
  @ApiProperty({ type: () => [MachineTileDto] })
  items: MachineTileDto[];
  nextCursor: string | null;
  /** Machines that match the whole filter, on all pages. */
  total: number;
  /** Machines that match the filter without `state`, by state. */
  @ApiProperty({ type: () => NeedCountsDto })
  counts: NeedCountsDto;
}
