import type { CalendarDto, OccurrenceDto } from '../../api/models';
import { dayKey } from './calendar-month';

/** Something of a day: what was due, will be, or is all the time. */
export interface Entry {
  readonly key: string;
  /** Null: so often that no time is told. */
  readonly at: string | null;
  readonly name: string;
  readonly link: string;
  /** Null: still to come, or all the time. */
  readonly status: OccurrenceDto['status'] | null;
}

export interface DayEntries {
  readonly entries: readonly Entry[];
  /** More was due, or will be, than is known here. */
  readonly incomplete: boolean;
}

/** Pure: what stands on each of some days, by their keys; days with nothing are left out. */
export function entriesByDay(calendar: CalendarDto, days: readonly Date[]): Map<string, DayEntries> {
  const times = timesByDay(calendar);
  const found = new Map<string, DayEntries>();
  for (const day of days) {
    const key = dayKey(day);
    const often = calendar.frequent
      .filter((one) => overlaps(day, one))
      .map(({ scheduleId, scheduleName: name }) => {
        return { key: scheduleId, at: null, name, link: `/schedules/${scheduleId}`, status: null };
      });
    const entries = [...often, ...(times.get(key) ?? [])];
    const incomplete = calendar.gaps.some((gap) => overlaps(day, gap));
    if (entries.length > 0 || incomplete) {
      found.set(key, { entries, incomplete });
    }
  }
  return found;
}

function timesByDay(calendar: CalendarDto): Map<string, Entry[]> {
  const days = new Map<string, Entry[]>();
  for (const entry of timesOf(calendar)) {
    const key = dayKey(new Date(entry.at));
    const day = days.get(key) ?? [];
    day.push(entry);
    days.set(key, day);
  }
  return days;
}

function timesOf({ occurrences, planned }: CalendarDto): (Entry & { readonly at: string })[] {
  const were = occurrences.map(({ id, dueAt, scheduleName: name, status }) => {
    return { key: id, at: dueAt, name, link: `/schedules/runs/${id}`, status };
  });
  const will = planned.map(({ scheduleId, dueAt, scheduleName: name }) => {
    return { key: `${scheduleId} ${dueAt}`, at: dueAt, name, link: `/schedules/${scheduleId}`, status: null };
  });
  return [...were, ...will].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function overlaps(day: Date, { from, to }: { readonly from: string; readonly to: string }): boolean {
  const end = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
  return new Date(from) < end && new Date(to) > day;
}
