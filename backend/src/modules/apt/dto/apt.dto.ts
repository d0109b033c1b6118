import { ApiProperty } from '@nestjs/swagger';
import type { LeftBackReason } from '../contracts/apt-update-analyze.v1';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

const leftBackReasons: readonly LeftBackReason[] = [
  'held',
  'phased',
  'pinned',
  'needs_new_packages',
  'needs_removals',
  'not_installable',
  'unexplained',
];

/** What one plan would do. Null plans were not measured. */
export class PlanCountsDto {
  upgrades: number;
  installs: number;
  removals: number;
  downgrades: number;
  /** Changes that come from a security archive; null: the origins could not be read. */
  security: number | null;
}

export class AptPlansDto {
  /** `upgrade`: nothing is installed or removed. */
  @ApiProperty({ type: PlanCountsDto, nullable: true })
  upgrade: PlanCountsDto | null;
  /** `upgrade --with-new-pkgs`: nothing is removed. */
  @ApiProperty({ type: PlanCountsDto, nullable: true })
  upgradeWithNew: PlanCountsDto | null;
  /** `dist-upgrade`: whatever it takes. */
  @ApiProperty({ type: PlanCountsDto, nullable: true })
  distUpgrade: PlanCountsDto | null;
}

export class AptRepositoryDto {
  uri: string;
  suite: string;
  origin: string | null;
  /** `unknown`: not asked in this run. */
  @ApiProperty({ enum: ['ok', 'error', 'unknown'] })
  status: 'ok' | 'error' | 'unknown';
  /** Class of the error. */
  kind: string | null;
  message: string | null;
  @ApiSaid()
  said: SaidByField;
  lastSuccessAt: Date | null;
}

export class AptPackageDto {
  name: string;
  arch: string;
  /** Null: not installed yet. */
  currentVersion: string | null;
  /** Null: would be removed. */
  targetVersion: string | null;
  origin: string | null;
  @ApiProperty({ enum: ['upgrade', 'install', 'remove', 'hold', 'downgrade'] })
  operation: 'upgrade' | 'install' | 'remove' | 'hold' | 'downgrade';
  /** Any version between the current and the target one comes from a security archive; null: origins unknown. */
  security: boolean | null;
  inUpgrade: boolean;
  inUpgradeWithNew: boolean;
  inDistUpgrade: boolean;
  /** Why some plan leaves it; null when none does. */
  @ApiProperty({ enum: leftBackReasons, nullable: true, type: String })
  reason: LeftBackReason | null;
  /** One sentence with the names. */
  reasonDetail: string | null;
  /** Of `reasonDetail`. */
  @ApiSaid()
  said: SaidByField;
  /** `phased`: share of machines offered the version so far. */
  phasedPercent: number | null;
  downloadBytes: number | null;
}

export class RebootReasonDto {
  kind: string;
  @ApiProperty({ enum: ['needed', 'not_needed', 'cannot_tell', 'not_applicable'] })
  verdict: 'needed' | 'not_needed' | 'cannot_tell' | 'not_applicable';
  message: string;
  @ApiSaid()
  said: SaidByField;
}

export class RebootDto {
  @ApiProperty({ enum: ['needed', 'not_needed', 'cannot_tell'] })
  state: 'needed' | 'not_needed' | 'cannot_tell';
  reasons: RebootReasonDto[];
  runningKernel: string | null;
  expectedKernel: string | null;
  /** That needrestart names, because they run replaced files; null where it is not there. */
  services: string[] | null;
}

export class BrokenPackageDto {
  name: string;
  state: string;
}

export class AptErrorDto {
  kind: string;
  @ApiProperty({ enum: ['warning', 'error'] })
  severity: 'warning' | 'error';
  message: string;
  remediation: string | null;
  @ApiSaid()
  said: SaidByField;
  /** Lines as the machine printed them. */
  importantLines: string[];
}

/** A mark on the machine that keeps a package at its version. */
export class AptHoldDto {
  /** As apt names the mark: with the architecture where it is a foreign one. */
  name: string;
  /** It was set through this program; else it was found on the machine. */
  ours: boolean;
  setBy: string | null;
  setAt: Date | null;
  note: string | null;
  /** When it is to be looked at again; null: never. */
  expiresAt: Date | null;
  /** That moment has passed. The hold stays until somebody lifts it. */
  expired: boolean;
}

/** The last analysis of a machine. */
export class AptStateDto {
  snapshotId: string;
  analysedAt: Date;
  @ApiProperty({ enum: ['ok', 'warning', 'error'] })
  status: 'ok' | 'warning' | 'error';
  /** The package lists are older than this analysis, wholly or in part. */
  stale: boolean;
  staleReason: string | null;
  /** Of `staleReason`. */
  @ApiSaid()
  said: SaidByField;
  indexRefreshedAt: Date | null;
  @ApiProperty({ type: [AptRepositoryDto], nullable: true })
  repositories: AptRepositoryDto[] | null;
  plans: AptPlansDto;
  /** Null: the plans could not be measured. */
  @ApiProperty({ type: [AptPackageDto], nullable: true })
  packages: AptPackageDto[] | null;
  reboot: RebootDto;
  @ApiProperty({ type: [String], nullable: true })
  autoremovable: string[] | null;
  /** Null: the marks could not be read. */
  @ApiProperty({ type: [AptHoldDto], nullable: true })
  holds: AptHoldDto[] | null;
  @ApiProperty({ type: [BrokenPackageDto], nullable: true })
  broken: BrokenPackageDto[] | null;
  /** Other programs that update this machine: unattended-upgrades and the like. */
  @ApiProperty({ type: [String], nullable: true })
  coManagedBy: string[] | null;
  errors: AptErrorDto[];
}
