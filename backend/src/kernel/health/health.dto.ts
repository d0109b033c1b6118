import { ApiProperty } from '@nestjs/swagger';
import type { HealthStatus } from './health-check';

export class HealthDto {
  /** Always `ok`; a server that is not well answers with a problem. */
  status: string;
}

export class HealthFindingDto {
  /** snake_case: `partitions`. */
  name: string;
  @ApiProperty({ enum: ['ok', 'warning', 'error'] })
  status: HealthStatus;
  /** What is wrong and what to do; empty when all is well. */
  message: string;
}

export class SystemDto {
  version: string;
  /** What the answering process does: `all`, `api` or `worker`. */
  role: string;
  databaseVersion: string;
  nodeVersion: string;
  /** False: ssh2 runs on its slower JavaScript crypto, since its native part could not be built here. */
  nativeSshCrypto: boolean;
  /** What every check of this installation found. */
  @ApiProperty({ type: () => [HealthFindingDto] })
  checks: HealthFindingDto[];
}
