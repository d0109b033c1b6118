import { ApiProperty } from '@nestjs/swagger';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import {
  ARTIFACT_KINDS,
  EXECUTION_MODES,
  EXECUTION_STATUSES,
  RETENTION_POLICIES,
  type ArtifactKind,
  type ExecutionMode,
  type ExecutionStatus,
  type RetentionPolicy,
} from '../entities/history.values';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

export class ExecutionDto {
  /** That of the job which did it, too. */
  id: string;
  machineId: string;
  action: string;
  /** `external`: found to have been done by others. */
  @ApiProperty({ enum: EXECUTION_MODES })
  mode: ExecutionMode;
  @ApiProperty({ enum: EXECUTION_STATUSES })
  status: ExecutionStatus;
  startedAt: Date;
  finishedAt: Date | null;
  requestId: string | null;
  jobId: string | null;
  exitCode: number | null;
  errorKind: string | null;
  errorMessage: string | null;
  /** The sealed log; null until it is sealed, a moment after the end. */
  artifactId: string | null;
  reportId: string | null;
  @ApiSaid()
  said: SaidByField;
}

export class ExecutionPageDto {
  @ApiProperty({ type: () => [ExecutionDto] })
  items: ExecutionDto[];
  nextCursor: string | null;
}

export class ExecutionDetailDto extends ExecutionDto {
  /** What was planned, found and compared; null before the end. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  result: DocumentDto | null;
  /** The same, reduced to what matters. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  important: DocumentDto | null;
}

export class ArtifactDto {
  id: string;
  /** Null once the machine was purged. */
  machineId: string | null;
  @ApiProperty({ enum: ARTIFACT_KINDS })
  kind: ArtifactKind;
  /** Of the file, which may be compressed. */
  bytes: number | null;
  /** Of the file. */
  sha256: string | null;
  createdAt: Date;
  /** Null: never. */
  expiresAt: Date | null;
  pinned: boolean;
  /** Secrets are masked in it. */
  redacted: boolean;
  @ApiProperty({ enum: RETENTION_POLICIES, nullable: true })
  retentionPolicy: RetentionPolicy | null;
  /** Set once the file is gone. */
  deletedAt: Date | null;
  deleteReason: string | null;
  @ApiProperty({ type: DocumentDto, nullable: true })
  facts: DocumentDto | null;
}
