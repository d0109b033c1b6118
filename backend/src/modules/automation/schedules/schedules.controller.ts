import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../../kernel/auth/access.decorators';
import type { Principal } from '../../../kernel/auth/actor';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { notFound } from '../../../kernel/errors/domain-error';
import { createdPage, readCreatedCursor } from '../../../kernel/http/keyset-page';
import { PageQueryDto } from '../../../kernel/http/page-query.dto';
import { uuidPipe } from '../../../kernel/http/validation';
import { saidIn } from '../../../kernel/sentences/said';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import { say } from '../automation.sentences';
import { OccurrenceDto, OccurrencePageDto } from '../dto/occurrence.dto';
import { ScheduleDetailDto, SchedulePageDto, ScopePreviewDto, TimesPreviewDto } from '../dto/schedule.dto';
import {
  ChangeScheduleDto,
  PreviewScopeDto,
  SaveScheduleDto,
  ScheduleVersionDto,
  TimingDto,
} from '../dto/schedule-input.dto';
import { OccurrenceCommands } from '../occurrences/occurrence-commands';
import { OccurrencesReader } from '../occurrences/occurrences.reader';
import { PolicyHolders } from '../policy/policy-holders';
import { MachineScope } from '../scope/machine-scope';
import { ScopePreview } from '../scope/scope-preview';
import { nextDueTimes } from '../times/due-times';
import { checkScopeShape, checkTiming } from './schedule-input';
import { scopeDocument, toOccurrence, toSchedule, toWholeSchedule } from './schedules.mapper';
import { SchedulesReader } from './schedules.reader';
import { Schedules } from './schedules.service';

const CURSOR_SCOPE = 'schedules';
const NEXT_RUNS = 5;
/** Machines of a scope that are called by their name. */
const NAMED = 200;

@ApiTags('schedules')
@Controller('schedules')
export class SchedulesController {
  constructor(
    private readonly schedules: Schedules,
    private readonly reader: SchedulesReader,
    private readonly occurrences: OccurrencesReader,
    private readonly commands: OccurrenceCommands,
    private readonly preview: ScopePreview,
    private readonly scope: MachineScope,
    private readonly registry: ActionRegistry,
    private readonly holders: PolicyHolders,
    private readonly clock: DatabaseClock,
    private readonly dataSource: DataSource,
  ) {}

  /** Schedules, the newest first, each with its newest occurrence. */
  @Get()
  @RequirePermission('schedules.read')
  async list(@Query() query: PageQueryDto): Promise<SchedulePageDto> {
    const found = await this.reader.page(query.limit + 1, readCreatedCursor(CURSOR_SCOPE, query.cursor));
    const { items, nextCursor } = createdPage(CURSOR_SCOPE, found, query.limit);
    return { items: items.map((schedule) => toSchedule(schedule, this.registry)), nextCursor };
  }

  /** Makes a schedule. 409 `scope_not_acknowledged` for a scope of nothing or everything that is not said to be meant. */
  @Post()
  @RequirePermission('schedules.manage')
  async create(
    @Body() body: SaveScheduleDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ScheduleDetailDto> {
    return this.get(await this.schedules.create(body, principal, origin));
  }

  /** The next five due times of what is not saved yet, by the same reckoning that starts it. */
  @Post('preview/times')
  @HttpCode(200)
  @RequirePermission('schedules.read')
  async previewTimes(@Body() body: TimingDto): Promise<TimesPreviewDto> {
    const timing = { cron: body.cron.trim(), runAt: body.runAt, timezone: body.timezone };
    checkTiming(timing);
    return { nextRuns: nextDueTimes(timing, await this.clock.now(this.dataSource.manager), NEXT_RUNS) };
  }

  /** The machines that a scope means now, and why others are left out. */
  @Post('preview/scope')
  @HttpCode(200)
  @RequirePermission('schedules.read')
  async previewScope(@Body() body: PreviewScopeDto): Promise<ScopePreviewDto> {
    const scope = scopeDocument(body.scope);
    checkScopeShape(scope);
    return this.preview.of(scope);
  }

  /** One schedule with its next five due times. */
  @Get(':id')
  @RequirePermission('schedules.read')
  async get(@Param('id', uuidPipe('id')) id: string): Promise<ScheduleDetailDto> {
    const [schedule] = await this.reader.byIds([id]);
    if (schedule === undefined) throw notFound('schedule');
    const now = await this.clock.now(this.dataSource.manager);
    const nextRuns = schedule.timingProblem === null ? nextDueTimes(schedule, now, NEXT_RUNS) : [];
    const { manager } = this.dataSource;
    const none = { machines: [], tags: [], more: 0 };
    const named = schedule.scope === null ? none : await this.scope.names(manager, schedule.scope, NAMED);
    const holders = schedule.policyConfirmedById === null ? null : [schedule.policyConfirmedById];
    const altered = schedule.policyAltered ? say.policy_altered() : null;
    const holder = schedule.policy === null ? null : await this.holders.problem(manager, holders);
    const policyProblem = [altered, holder].filter((one) => one !== null).join('\n') || null;
    const told = { policyProblem, said: saidIn({ policyProblem }, ['policyProblem']) };
    return Object.assign(toWholeSchedule(schedule, this.registry), { nextRuns, named, ...told });
  }

  /** Replaces all of a schedule. 409 `version_differs`, `scope_not_acknowledged`. */
  @Put(':id')
  @RequirePermission('schedules.manage')
  async change(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ChangeScheduleDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ScheduleDetailDto> {
    await this.schedules.change(id, body, principal, origin);
    return this.get(id);
  }

  /** Removes a schedule; what it ran stays until its time is over. 409 `version_differs`. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('schedules.manage')
  async remove(
    @Param('id', uuidPipe('id')) id: string,
    @Query() query: ScheduleVersionDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<void> {
    await this.schedules.remove(id, query.version, origin);
  }

  /** Switches a schedule on. Due times while it was off are not made up for. 409 `version_differs`, `times_unreadable`, `schedule_over`. */
  @Post(':id/enable')
  @HttpCode(200)
  @RequirePermission('schedules.manage')
  async enable(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ScheduleVersionDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ScheduleDetailDto> {
    await this.schedules.setEnabled(id, true, body.version, principal, origin);
    return this.get(id);
  }

  /** Switches a schedule off; what it has begun goes on. 409 `version_differs`. */
  @Post(':id/disable')
  @HttpCode(200)
  @RequirePermission('schedules.manage')
  async disable(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ScheduleVersionDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ScheduleDetailDto> {
    await this.schedules.setEnabled(id, false, body.version, principal, origin);
    return this.get(id);
  }

  /** Does what a schedule does, now, whether it is switched on or not. */
  @Post(':id/run')
  @HttpCode(202)
  @RequirePermission('schedules.manage')
  async run(
    @Param('id', uuidPipe('id')) id: string,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<OccurrenceDto> {
    return toOccurrence(await this.commands.runNow(id, principal, origin));
  }

  /** Every due time of a schedule, the latest first, whether it ran or not. */
  @Get(':id/occurrences')
  @RequirePermission('schedules.read')
  async listOccurrences(
    @Param('id', uuidPipe('id')) id: string,
    @Query() query: PageQueryDto,
  ): Promise<OccurrencePageDto> {
    if ((await this.reader.find(id)) === null) throw notFound('schedule');
    const { items, nextCursor } = await this.occurrences.page(id, query);
    return { items: items.map(toOccurrence), nextCursor };
  }
}
