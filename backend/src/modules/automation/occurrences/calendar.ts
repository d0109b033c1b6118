import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { invalidInput } from '../../../kernel/errors/domain-error';
import { say } from '../automation.sentences';
import type { CalendarDto, CalendarGapDto, FrequentScheduleDto, PlannedOccurrenceDto } from '../dto/occurrence.dto';
import { toOccurrence } from '../schedules/schedules.mapper';
import { SchedulesReader } from '../schedules/schedules.reader';
import type { FrequentOccurrences } from './occurrence-record';
import { OccurrencesReader } from './occurrences.reader';
import { MOST_OF_ONE, PlannedTimes } from './planned-times';

const LONGEST_DAYS = 62;
const DAY_MS = 86_400_000;
/** Of either kind. */
const MOST = 5_000;

/** What was due within a span, and what will be. */
@Injectable()
export class Calendar {
  private readonly times = new PlannedTimes();

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
    const now = await this.clock.now(this.dataSource.manager);
    const often = await this.reader.frequent(from, to, scheduleId, MOST_OF_ONE);
    const without = often.map((one) => one.scheduleId);
    const past = await this.reader.between(from, to, scheduleId, { without, limit: MOST + 1 });
    const { planned, frequent } = await this.planned(from > now ? from : now, to, scheduleId, often);
    return {
      occurrences: past.slice(0, MOST).map(toOccurrence),
      planned: planned.slice(0, MOST),
      frequent,
      gaps: [...gapAfter(past, now < to ? now : to), ...gapAfter(planned, to)],
    };
  }

  /** What is to come, one by one; a schedule with too much of it, or with too much behind it, in one. */
  private async planned(
    from: Date,
    to: Date,
    scheduleId: string | null,
    often: readonly FrequentOccurrences[],
  ): Promise<{ planned: PlannedOccurrenceDto[]; frequent: FrequentScheduleDto[] }> {
    const frequent = new Map<string, FrequentScheduleDto>(often.map((one) => [one.scheduleId, one]));
    const planned: PlannedOccurrenceDto[] = [];
    const schedules = await this.schedules.dueBefore(to, scheduleId);
    for (const coming of await this.times.between(schedules, from, to, MOST)) {
      const { id, name } = coming.schedule;
      const times = coming.times.map((time) => new Date(time));
      const [first, before] = [times[0], frequent.get(id)];
      if (first === undefined) continue;
      if (before === undefined && !coming.often) {
        planned.push(...times.map((dueAt) => ({ scheduleId: id, scheduleName: name, dueAt })));
        continue;
      }
      const last = coming.often ? to : (times.at(-1) ?? to);
      const { from: since = first, count = 0, troubleCount = 0 } = before ?? {};
      frequent.set(id, { scheduleId: id, scheduleName: name, from: since, to: last, count, troubleCount });
    }
    // Those of one moment stay in the order of their names.
    planned.sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
    return { planned, frequent: [...frequent.values()] };
  }
}

/** What is left out of a list of which one more than the most was asked for. */
function gapAfter(times: readonly { readonly dueAt: Date }[], end: Date): CalendarGapDto[] {
  const first = times[MOST];
  return first === undefined ? [] : [{ from: first.dueAt, to: end }];
}
