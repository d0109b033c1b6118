import { ApiProperty } from '@nestjs/swagger';
import { DocumentDto } from '../../../kernel/contracts/document.dto';
import { MAINTENANCE_STATUSES, type MaintenanceStatus } from '../entities/maintenance.values';

export class RemovedDto {
  /** A table; with `_partitions`, months of it that went at once; with `_carried_over`, rows that were kept. */
  what: string;
  count: number;
}

export class CleanupRunDto {
  id: string;
  @ApiProperty({ enum: MAINTENANCE_STATUSES })
  status: MaintenanceStatus;
  startedAt: Date;
  finishedAt: Date | null;
  /** Nothing that was not removed. Null: the run goes on or died, or what it left cannot be read. */
  @ApiProperty({ type: () => [RemovedDto], nullable: true })
  removed: RemovedDto[] | null;
  /** Names of the rules that failed; the log says why. */
  failedRules: string[];
  /** What is stored of it in a form that this program cannot read; its fields above are empty for that. */
  unreadable: DocumentDto[];
}
