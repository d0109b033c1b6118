import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, IsInt, IsObject, IsOptional, IsUUID, Max, Min } from 'class-validator';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

/** Machines that one request may name. */
const MACHINES_MAX = 10_000;
const PRIORITY_MAX = 100;

export class ActionDto {
  name: string;
  title: string;
  @ApiSaid()
  said: SaidByField;
  /** A reading action changes nothing on the machine. */
  @ApiProperty({ enum: ['read', 'change'] })
  kind: 'read' | 'change';
  /** What one needs to start it. */
  permission: string;
  @ApiProperty({ enum: ['none', 'low', 'medium', 'high'] })
  risk: 'none' | 'low' | 'medium' | 'high';
  /** After this time an attempt is stopped. */
  timeoutSeconds: number;
  estimateSeconds: number;
  /** Classes of errors that it is the remedy for. */
  remedies: string[];
  /** Codes of all consequences that its plans may ask people to accept; none of a reading action. */
  consequences: string[];
  /** JSON Schema (2020-12) of the parameters. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  parameters: Record<string, unknown>;
}

export class RunActionDto {
  /** As the action's schema has them. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;

  /**
   * Higher first: each step counts as much as a minute of waiting, so nothing waits for ever. When absent, what a person asks
   * for has 0 and what a schedule asks for -10.
   */
  @IsOptional()
  @IsInt()
  @Min(-PRIORITY_MAX)
  @Max(PRIORITY_MAX)
  priority?: number;
}

export class RunActionOnManyDto {
  @ArrayNotEmpty()
  @ArrayMaxSize(MACHINES_MAX)
  @IsUUID(undefined, { each: true })
  machineIds: string[];

  /** As the action's schema has them. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  @IsOptional()
  @IsObject()
  parameters?: Record<string, unknown>;
}

export class QueuedJobDto {
  machineId: string;
  jobId: string;
}

export class SkippedMachineDto {
  machineId: string;
  /** Stable snake_case code of the reason. */
  code: string;
  /** The reason as a sentence. */
  message: string;
  /** What to do about it. */
  action: string;
  /** Of `message` and `action`. */
  @ApiSaid()
  said: SaidByField;
}

export class RunManyResultDto {
  jobs: QueuedJobDto[];
  /** Machines on which nothing was started. */
  skipped: SkippedMachineDto[];
}
