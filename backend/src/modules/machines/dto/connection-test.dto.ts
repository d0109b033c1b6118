import { ApiProperty } from '@nestjs/swagger';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';

/** The way to a machine, in its order. */
export const CONNECTION_STAGES = [
  'resolve',
  'connect',
  'banner',
  'key_exchange',
  'host_key',
  'authenticate',
  'sudo',
] as const;
export type ConnectionStageName = (typeof CONNECTION_STAGES)[number];

export const STAGE_STATUSES = ['ok', 'failed', 'waiting', 'not_tried'] as const;
export type StageStatus = (typeof STAGE_STATUSES)[number];

export const CONNECTION_TEST_STATUSES = ['ok', 'error', 'waiting'] as const;
export type ConnectionTestStatus = (typeof CONNECTION_TEST_STATUSES)[number];

export class ConnectionStageDto {
  @ApiProperty({ enum: CONNECTION_STAGES, enumName: 'ConnectionStageName' })
  name: ConnectionStageName;
  /** `waiting`: for the approval of a host key. */
  @ApiProperty({ enum: STAGE_STATUSES, enumName: 'StageStatus' })
  status: StageStatus;
  /** How long it took, well or not; null when it was not tried. */
  durationMs: number | null;
  /** What kind of failure, stable snake_case. */
  kind: string | null;
  /** What happened, a sentence. */
  @ApiProperty({ type: String, nullable: true })
  message: Sentence | null;
  /** What to do next, a sentence. */
  @ApiProperty({ type: String, nullable: true })
  action: Sentence | null;
  @ApiSaid()
  said: SaidByField;
}

export class ConnectionTestDto {
  /** `waiting`: nothing is wrong so far, but a host key has to be approved first. */
  @ApiProperty({ enum: CONNECTION_TEST_STATUSES, enumName: 'ConnectionTestStatus' })
  status: ConnectionTestStatus;
  testedAt: Date;
  @ApiProperty({ type: () => [ConnectionStageDto] })
  stages: ConnectionStageDto[];
}
