import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsUUID, Matches } from 'class-validator';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import { EXECUTION_MODES, type ExecutionMode } from '../../history/entities/history.values';
import { APT_APPLIED_OPERATIONS, type AptAppliedOperation } from '../entities/apt.values';

export class PackageChangeQueryDto extends PageQueryDto {
  /** Exact name, without an architecture. */
  @Matches(/^[a-z0-9][a-z0-9+.-]{1,199}$/)
  name: string;

  /** Only on this machine. */
  @IsOptional()
  @IsUUID()
  machineId?: string;
}

export class PackageChangeDto {
  id: string;
  /** When the change that it was part of began. */
  at: Date;
  machineId: string;
  machineName: string;
  name: string;
  arch: string | null;
  @ApiProperty({ enum: APT_APPLIED_OPERATIONS })
  operation: AptAppliedOperation;
  fromVersion: string | null;
  toVersion: string | null;
  origin: string | null;
  /** `external`: by others, as the machine's own logs tell. */
  @ApiProperty({ enum: EXECUTION_MODES })
  mode: ExecutionMode;
  /** Who made it; null when that is not known any more. */
  actor: string | null;
  /** The command of others, as apt wrote it down. */
  command: string | null;
  executionId: string;
  jobId: string | null;
  /** What is stored of it in a form that this program cannot read. */
  @ApiProperty({ type: () => [DocumentDto] })
  unreadable: DocumentDto[];
}

export class PackageChangePageDto {
  @ApiProperty({ type: () => [PackageChangeDto] })
  items: PackageChangeDto[];
  nextCursor: string | null;
}
