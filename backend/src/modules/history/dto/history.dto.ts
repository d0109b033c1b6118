import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import {
  EVENT_SEVERITIES,
  SNAPSHOT_STATUSES,
  type EventSeverity,
  type SnapshotStatus,
} from '../entities/history.values';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';
import { AUDIT_ACTIONS, type AuditAction } from '../../../kernel/audit/audit-actions';
import { AUDIT_OUTCOMES, type AuditOutcome } from '../../../kernel/audit/entities/audit.values';

export class SnapshotQueryDto extends PageQueryDto {
  /** Only of this kind. */
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_]{0,63}$/)
  kind?: string;
}

export class EventDto {
  id: string;
  eventType: string;
  @ApiProperty({ enum: EVENT_SEVERITIES })
  severity: EventSeverity;
  createdAt: Date;
  actorType: string;
  actorName: string | null;
  message: string;
  @ApiSaid()
  said: SaidByField;
  jobId: string | null;
  snapshotId: string | null;
  /** The change that it tells of. */
  executionId: string | null;
  /** The facts behind the sentence. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  facts: DocumentDto | null;
}

export class EventPageDto {
  @ApiProperty({ type: () => [EventDto] })
  items: EventDto[];
  nextCursor: string | null;
}

export class SnapshotDto {
  id: string;
  kind: string;
  schemaVersion: number;
  createdAt: Date;
  @ApiProperty({ enum: SNAPSHOT_STATUSES })
  status: SnapshotStatus;
  jobId: string | null;
  /** The earlier snapshot whose content this one shares: nothing of substance had changed since. Null: it has its own. */
  contentSnapshotId: string | null;
}

export class SnapshotPageDto {
  @ApiProperty({ type: () => [SnapshotDto] })
  items: SnapshotDto[];
  nextCursor: string | null;
}

export class SnapshotDetailDto extends SnapshotDto {
  /** The whole document. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  payload: Record<string, unknown>;
  /** The reduced form. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  important: Record<string, unknown> | null;
  /** Which of the two this program cannot read, and why. They are shown all the same. */
  @ApiProperty({ type: () => [DocumentDto] })
  unreadable: DocumentDto[];
}

export class AuditQueryDto extends PageQueryDto {
  /** Only of this kind. */
  @ApiProperty({ enum: AUDIT_ACTIONS, enumName: 'AuditAction', required: false })
  @IsOptional()
  @IsIn(AUDIT_ACTIONS)
  action?: AuditAction;

  /** Only what this user did. */
  @IsOptional()
  @IsUUID()
  actorId?: string;

  /** Only what concerns this machine. */
  @IsOptional()
  @IsUUID()
  machineId?: string;

  @ApiProperty({ enum: AUDIT_OUTCOMES, enumName: 'AuditOutcome', required: false })
  @IsOptional()
  @IsIn(AUDIT_OUTCOMES)
  outcome?: AuditOutcome;
}

export class AuditEntryDto {
  id: string;
  at: Date;
  actorType: string;
  actorId: string | null;
  actorName: string | null;
  @ApiProperty({ enum: AUDIT_ACTIONS, enumName: 'AuditAction' })
  action: AuditAction;
  objectType: string;
  objectId: string | null;
  machineId: string | null;
  /** Null when it concerns no machine, or one that is there no more. */
  machineName: string | null;
  @ApiProperty({ enum: AUDIT_OUTCOMES, enumName: 'AuditOutcome' })
  outcome: AuditOutcome;
  requestId: string | null;
  ip: string | null;
  /** What else is known about it. */
  @ApiProperty({ type: DocumentDto, nullable: true })
  details: DocumentDto | null;
}

export class AuditPageDto {
  @ApiProperty({ type: () => [AuditEntryDto] })
  items: AuditEntryDto[];
  nextCursor: string | null;
}
