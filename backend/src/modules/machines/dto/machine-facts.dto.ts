import { ApiProperty } from '@nestjs/swagger';
import type { SaidByField } from '../../../kernel/sentences/said';
import { ApiSaid } from '../../../kernel/sentences/said.dto';
import { DocumentDto } from '../../../kernel/contracts/document.dto';

const looseList = { type: 'array', items: { type: 'object', additionalProperties: true }, nullable: true } as const;

/**
 * The latest hardware inventory. Null: not measured; `reasons` says why, by the path of the value in the probe's
 * document. The items are those of the probe's document, with camelCase names.
 */
export class MachineHardwareDto {
  cpuModel: string | null;
  /** Logical processors that the machine may use. */
  cpuCores: number | null;
  memoryBytes: number | null;
  @ApiProperty(looseList)
  disks: Record<string, unknown>[] | null;
  @ApiProperty(looseList)
  network: Record<string, unknown>[] | null;
  @ApiProperty(looseList)
  gpus: Record<string, unknown>[] | null;
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  firmware: Record<string, unknown> | null;
  /** Each with its `message` and, as `said`, code and parameters of it. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  warnings: Record<string, unknown>[];
  updatedAt: Date;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  reasons: Record<string, string>;
  /** Of `reasons`, by the same paths. */
  @ApiSaid()
  said: SaidByField;
  /** What is stored in a form that this program cannot read; its fields above are empty for that. */
  @ApiProperty({ type: () => [DocumentDto] })
  unreadable: DocumentDto[];
}

/** The latest figures of load, memory and file systems. Null: not measured. */
export class MachineMetricsDto {
  collectedAt: Date;
  cpuLoad1: number | null;
  cpuLoad5: number | null;
  cpuCores: number | null;
  memoryTotalBytes: number | null;
  memoryUsedBytes: number | null;
  memoryAvailableBytes: number | null;
  /** 0 to 100. */
  memoryUsedPercent: number | null;
  @ApiProperty(looseList)
  filesystems: Record<string, unknown>[] | null;
  /** 0 to 100. */
  rootUsedPercent: number | null;
  /** Each with its `message` and, as `said`, code and parameters of it. */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  warnings: Record<string, unknown>[];
  /** What is stored in a form that this program cannot read; its fields above are empty for that. */
  @ApiProperty({ type: () => [DocumentDto] })
  unreadable: DocumentDto[];
}
