import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { notFound } from '../../../kernel/errors/domain-error';
import { uuidPipe } from '../../../kernel/http/validation';
import {
  ActiveOccurrenceDto,
  BeginTargetDto,
  CalendarDto,
  CalendarQueryDto,
  CancelOccurrenceDto,
  OccurrenceDto,
  OccurrenceTargetPageDto,
  TargetListQueryDto,
} from '../dto/occurrence.dto';
import { TargetOverrides } from '../engine/target-overrides';
import { toActiveOccurrence, toOccurrence, toTarget } from '../schedules/schedules.mapper';
import { ActiveOccurrences } from './active-occurrences';
import { Calendar } from './calendar';
import { OccurrenceCommands } from './occurrence-commands';
import { OccurrencesReader } from './occurrences.reader';

@ApiTags('schedules')
@Controller('schedule-occurrences')
export class OccurrencesController {
  constructor(
    private readonly reader: OccurrencesReader,
    private readonly calendar: Calendar,
    private readonly active: ActiveOccurrences,
    private readonly commands: OccurrenceCommands,
    private readonly overrides: TargetOverrides,
  ) {}

  /** What was due within a span, and what will be. */
  @Get()
  @RequirePermission('schedules.read')
  list(@Query() query: CalendarQueryDto): Promise<CalendarDto> {
    return this.calendar.between(query.from, query.to, query.scheduleId ?? null);
  }

  /** Those that have not ended, the first due first, at most 100: what is at work, and what waits for what. */
  @Get('active')
  @RequirePermission('schedules.read')
  async listActive(): Promise<ActiveOccurrenceDto[]> {
    return (await this.active.list()).map(toActiveOccurrence);
  }

  /** One occurrence as it stands now. */
  @Get(':id')
  @RequirePermission('schedules.read')
  async get(@Param('id', uuidPipe('id')) id: string): Promise<OccurrenceDto> {
    const occurrence = await this.reader.find(id);
    if (occurrence === null) throw notFound('occurrence');
    return toOccurrence(occurrence);
  }

  /**
   * Begins no further machine, ends jobs that wait and asks those that run to stop; it is over when they are.
   * 409 `occurrence_ended`.
   */
  @Post(':id/cancel')
  @HttpCode(200)
  @RequirePermission('schedules.manage')
  async cancel(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: CancelOccurrenceDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<OccurrenceDto> {
    return toOccurrence(await this.commands.cancel(id, body.reason?.trim() ?? null, origin));
  }

  /**
   * Lets a machine of the run begin now that waits for its maintenance window, with all that is left to do on it, for a reason that the
   * audit keeps. It goes first as soon as the schedule has a place, and waits for its window again where that takes too long. 409 `not_held`.
   */
  @Post(':id/targets/:machineId/begin-now')
  @HttpCode(200)
  @RequirePermission('windows.override')
  async beginNow(
    @Param('id', uuidPipe('id')) id: string,
    @Param('machineId', uuidPipe('machineId')) machineId: string,
    @Body() { reason }: BeginTargetDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<OccurrenceDto> {
    await this.overrides.begin(id, machineId, reason, origin);
    return this.get(id);
  }

  /** Its machines by name. */
  @Get(':id/targets')
  @RequirePermission('schedules.read')
  async targets(
    @Param('id', uuidPipe('id')) id: string,
    @Query() query: TargetListQueryDto,
  ): Promise<OccurrenceTargetPageDto> {
    await this.get(id);
    const { items, nextCursor } = await this.reader.targets(id, query.status ?? null, query);
    return { items: items.map(toTarget), nextCursor };
  }
}
