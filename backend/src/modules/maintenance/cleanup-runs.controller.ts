import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { CleanupRuns, type CleanupRun } from './cleanup-runs.repository';
import { CleanupRunDto } from './dto/cleanup-run.dto';

/** A run a day: what went wrong lately shows in so many. */
const SHOWN = 10;

@ApiTags('maintenance')
@Controller('cleanup-runs')
export class CleanupRunsController {
  constructor(private readonly runs: CleanupRuns) {}

  /** The last runs of the retention rules, the newest first. */
  @Get()
  @RequirePermission('settings.read')
  async list(): Promise<CleanupRunDto[]> {
    return (await this.runs.latest(SHOWN)).map(toDto);
  }
}

function toDto({ id, status, startedAt, finishedAt, deleted, result, unreadable }: CleanupRun): CleanupRunDto {
  const removed = Object.entries(deleted?.counts ?? {}).filter(([, count]) => count > 0);
  return {
    id,
    status,
    startedAt,
    finishedAt,
    removed: deleted === null ? null : removed.map(([what, count]) => ({ what, count })),
    failedRules: (result?.rules ?? []).filter(({ error }) => error !== null).map(({ rule }) => rule),
    unreadable: [...unreadable],
  };
}
