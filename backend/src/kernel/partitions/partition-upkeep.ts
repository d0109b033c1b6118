import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { Clock } from '../clock';
import { Config } from '../config/config';
import { startOfMonth } from '../database/id-times';
import { HealthCheck, type HealthFinding, type InstallationCheck } from '../health/health-check';
import { makePartitionsAhead, partitionStatus, type PartitionStatus } from './partitions';

/** Fewer months ahead than this: the upkeep has not run for a long time. */
const MONTHS_NEEDED = 2;

/** Makes the partitions of the coming months, at the start and every day, and warns when it does not get to it. */
@Injectable()
@HealthCheck()
export class PartitionUpkeep implements OnApplicationBootstrap, InstallationCheck {
  readonly name = 'partitions';
  private readonly logger = new Logger(PartitionUpkeep.name);

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.runsJobs) await this.upkeep();
  }

  @Cron('23 3 * * *', { timeZone: 'UTC' })
  async daily(): Promise<void> {
    if (this.config.runsJobs) await this.upkeep();
  }

  async check(): Promise<HealthFinding> {
    const now = this.clock.now();
    const short = (await partitionStatus(this.database)).filter((status) => monthsAhead(status, now) < MONTHS_NEEDED);
    if (short.length === 0) return { status: 'ok', message: '' };
    return {
      status: 'warning',
      message:
        `Fewer than ${String(MONTHS_NEEDED)} months of partitions remain for ${short.map(({ table }) => table).join(', ')}. ` +
        'A worker makes them once a day: check that one runs and what its log says.',
    };
  }

  /** A start or a day without new months harms nobody: the DEFAULT partition takes the rows, and the check above warns. */
  private async upkeep(): Promise<void> {
    try {
      const made = await makePartitionsAhead(this.database, this.clock.now());
      if (made.length > 0) this.logger.log({ made }, 'partitions made');
    } catch (error) {
      this.logger.error({ err: error }, 'partitions could not be made; the next try follows tomorrow');
    }
  }
}

/** Whole months after the current one that have a partition. */
function monthsAhead({ partitions }: PartitionStatus, now: Date): number {
  const last = partitions.at(-1)?.to ?? now;
  let months = 0;
  while (startOfMonth(now, months + 2) <= last) months += 1;
  return months;
}
