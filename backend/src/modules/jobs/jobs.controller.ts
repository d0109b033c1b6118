import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../kernel/auth/access.decorators';
import { actorOf, type Principal } from '../../kernel/auth/actor';
import { notFound } from '../../kernel/errors/domain-error';
import { uuidPipe } from '../../kernel/http/validation';
import { createdPage, readCreatedCursor } from '../../kernel/http/keyset-page';
import { PageQueryDto } from '../../kernel/http/page-query.dto';
import { ActionRegistry } from './actions/action-registry';
import {
  ActivityDto,
  BeginNowDto,
  CloseJobDto,
  ForceStopDto,
  JobDto,
  JobListQueryDto,
  JobLogDto,
  JobLogQueryDto,
  JobPageDto,
} from './dto/jobs.dto';
import { ForcedStops } from './forced-stops';
import { WindowOverrides } from './gate/window-overrides';
import { JobLogRepository } from './job-log.repository';
import type { JobRecord } from './job-record';
import { toJob, toLog } from './jobs.mapper';
import { JobsReader, type JobFilter } from './jobs.reader';
import { JobsService } from './jobs.service';
import { UnknownOutcomes } from './worker/unknown-outcomes';

const CURSOR_SCOPE = 'jobs';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly reader: JobsReader,
    private readonly logs: JobLogRepository,
    private readonly registry: ActionRegistry,
    private readonly unknown: UnknownOutcomes,
    private readonly forcedStops: ForcedStops,
    private readonly windowOverrides: WindowOverrides,
  ) {}

  /** Jobs, newest first. */
  @Get()
  @RequirePermission('jobs.read')
  async list(@Query() query: JobListQueryDto): Promise<JobPageDto> {
    const filter: JobFilter = {
      ...(query.status === undefined ? {} : { statuses: query.status }),
      ...(query.machineId === undefined ? {} : { machineId: query.machineId }),
    };
    const found = await this.reader.page(filter, query.limit + 1, readCreatedCursor(CURSOR_SCOPE, query.cursor));
    const { items, nextCursor } = createdPage(CURSOR_SCOPE, found, query.limit);
    return { items: items.map((job) => toJob(job, this.registry)), nextCursor };
  }

  /** What runs, what waits, and what ended last. */
  @Get('activity')
  @RequirePermission('jobs.read')
  async activity(): Promise<ActivityDto> {
    const { running, waiting, recent, counts } = await this.reader.activity();
    const map = (jobs: readonly JobRecord[]) => jobs.map((job) => toJob(job, this.registry));
    return {
      running: map(running),
      waiting: map(waiting.items),
      recent: map(recent),
      runningCount: counts.running,
      waitingCount: counts.waiting,
      waitingCursor: waiting.nextCursor,
    };
  }

  /** What waits, in the order in which it would run if every machine were free. */
  @Get('waiting')
  @RequirePermission('jobs.read')
  async waiting(@Query() query: PageQueryDto): Promise<JobPageDto> {
    const { items, nextCursor } = await this.reader.waiting(query);
    return { items: items.map((job) => toJob(job, this.registry)), nextCursor };
  }

  /** One job as it stands now. */
  @Get(':id')
  @RequirePermission('jobs.read')
  async get(@Param('id', uuidPipe('id')) id: string): Promise<JobDto> {
    const job = await this.reader.find(id);
    if (job === null) throw notFound('job');
    return toJob(job, this.registry);
  }

  /** Ends a waiting job at once, and asks a running one to stop. */
  @Post(':id/cancel')
  @HttpCode(200)
  @RequirePermission('jobs.cancel')
  async cancel(@Param('id', uuidPipe('id')) id: string, @CurrentPrincipal() principal: Principal): Promise<JobDto> {
    return toJob(await this.jobs.cancel(id, actorOf(principal)), this.registry);
  }

  /**
   * Gives up a change whose machine nobody has reached for half an hour: `outcome_unknown`.
   * 409 `job_already_ended`, `outcome_not_unknown`, `outcome_still_awaited`.
   */
  @Post(':id/close')
  @HttpCode(200)
  @RequirePermission('changes.confirm')
  async close(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: CloseJobDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<JobDto> {
    await this.unknown.close(id, body.reason.trim(), origin);
    return this.get(id);
  }

  /**
   * Ends the processes of a change that hangs on its machine, by force: what it was doing stays unfinished and needs a repair.
   * Takes the name of the machine, typed by hand. 409 `job_already_ended`, `cancel_possible`, `run_not_alive`, `run_out_of_reach`.
   */
  @Post(':id/force-stop')
  @HttpCode(200)
  @RequirePermission('changes.confirm')
  async forceStop(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ForceStopDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<JobDto> {
    await this.forcedStops.ask(id, body.machineName, body.reason.trim(), origin);
    return this.get(id);
  }

  /** Lets a change begin now that waits for its maintenance window, for a reason that the audit keeps. 409 `not_held`. */
  @Post(':id/begin-now')
  @HttpCode(200)
  @RequirePermission('windows.override')
  async beginNow(
    @Param('id', uuidPipe('id')) id: string,
    @Body() { reason }: BeginNowDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<JobDto> {
    await this.windowOverrides.begin(id, reason, origin);
    return this.get(id);
  }

  /** Lines of the log after a number, in order. */
  @Get(':id/log')
  @RequirePermission('jobs.read')
  async log(@Param('id', uuidPipe('id')) id: string, @Query() query: JobLogQueryDto): Promise<JobLogDto> {
    const page = await this.logs.read(id, query.after, query.limit);
    if (page === null) throw notFound('job');
    return toLog(page);
  }
}
