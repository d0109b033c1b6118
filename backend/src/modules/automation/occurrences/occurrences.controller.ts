import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { notFound } from '../../../kernel/errors/domain-error';
import { uuidPipe } from '../../../kernel/http/validation';
import {
  CalendarDto,
  CalendarQueryDto,
  OccurrenceDto,
  OccurrenceTargetPageDto,
  TargetListQueryDto,
} from '../dto/occurrence.dto';
import { toOccurrence, toTarget } from '../schedules/schedules.mapper';
import { Calendar } from './calendar';
import { OccurrencesReader } from './occurrences.reader';

@ApiTags('schedules')
@Controller('schedule-occurrences')
export class OccurrencesController {
  constructor(
    private readonly reader: OccurrencesReader,
    private readonly calendar: Calendar,
  ) {}

  /** What was due within a span, and what will be. */
  @Get()
  @RequirePermission('schedules.read')
  list(@Query() query: CalendarQueryDto): Promise<CalendarDto> {
    return this.calendar.between(query.from, query.to, query.scheduleId ?? null);
  }

  /** One occurrence as it stands now. */
  @Get(':id')
  @RequirePermission('schedules.read')
  async get(@Param('id', uuidPipe('id')) id: string): Promise<OccurrenceDto> {
    const occurrence = await this.reader.find(id);
    if (occurrence === null) throw notFound('occurrence');
    return toOccurrence(occurrence);
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
