import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { invalidInput } from '../../../kernel/errors/domain-error';
import { say } from '../automation.sentences';
import type { CalendarDto, PlannedOccurrenceDto } from '../dto/occurrence.dto';
import type { ScheduleRecord } from '../schedules/schedule-record';
import { toOccurrence } from '../schedules/schedules.mapper';
import { SchedulesReader } from '../schedules/schedules.reader';
import { dueTimesAfter } from '../times/due-times';
import { OccurrencesReader } from './occurrences.reader';

const LONGEST_DAYS = 62;
const DAY_MS = 86_400_000;
/** Of either kind. */
const MOST = 5_000;
/** Of one schedule to come: one each minute would fill the calendar alone. */
const MOST_PLANNED = 400;

/** What was due within a span, and what will be. */
@Injectable()
export class Calendar {
  constructor(
    private readonly reader: OccurrencesReader,
    private readonly schedules: SchedulesReader,
    private readonly clock: DatabaseClock,
    private readonly dataSource: DataSource,
  ) {}

  /** @throws DomainError 400 naming the field `to` */
  async between(from: Date, to: Date, scheduleId: string | null): Promise<CalendarDto> {
    const span = to.getTime() - from.getTime();
    if (!(span > 0 && span <= LONGEST_DAYS * DAY_MS)) {
      throw invalidInput([{ field: 'to', message: say.span_too_long({ field: 'to', days: LONGEST_DAYS }) }]);
    }
    const past = await this.reader.between(from, to, scheduleId, MOST + 1);
    const now = await this.clock.now(this.dataSource.manager);
    const planned: PlannedOccurrenceDto[] = [];
    let truncated = past.length > MOST;
    for (const schedule of await this.schedules.dueBefore(to, scheduleId)) {
      const times = plannedTimes(schedule, from > now ? from : now, to);
      truncated ||= times.length > MOST_PLANNED;
      const { id, name } = schedule;
      for (const dueAt of times.slice(0, MOST_PLANNED)) planned.push({ scheduleId: id, scheduleName: name, dueAt });
    }
    planned.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime() || a.scheduleName.localeCompare(b.scheduleName));
    truncated ||= planned.length > MOST;
    return { occurrences: past.slice(0, MOST).map(toOccurrence), planned: planned.slice(0, MOST), truncated };
  }
}

/** One more than the most where there are more. What is due but was not started yet is one of them. */
function plannedTimes(schedule: ScheduleRecord, from: Date, to: Date): Date[] {
  const { nextRunAt, timingProblem } = schedule;
  if (nextRunAt === null || timingProblem !== null) return [];
  const first = nextRunAt > from ? nextRunAt : from;
  const times: Date[] = [];
  for (const time of dueTimesAfter(schedule, new Date(first.getTime() - 1))) {
    if (time >= to || times.length > MOST_PLANNED) break;
    times.push(time);
  }
  return times;
}
