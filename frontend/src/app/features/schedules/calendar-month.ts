/** A day of the calendar, in the time zone of the browser. */
export interface CalendarDay {
  /** Midnight. */
  readonly date: Date;
  /** `2026-11-26`. */
  readonly key: string;
  readonly inMonth: boolean;
}

/** Pure: the weeks of a month, from Monday on, with the days of its neighbours that fill them. */
export function weeksOf(month: Date): CalendarDay[][] {
  const first = new Date(month.getFullYear(), month.getMonth(), 1);
  const lead = (first.getDay() + 6) % 7;
  const weeks: CalendarDay[][] = [];
  for (let at = 1 - lead; at <= new Date(month.getFullYear(), month.getMonth() + 1, 0).getDate(); at += 7) {
    weeks.push(
      Array.from({ length: 7 }, (_, day) => {
        const date = new Date(month.getFullYear(), month.getMonth(), at + day);
        return { date, key: dayKey(date), inMonth: date.getMonth() === month.getMonth() };
      }),
    );
  }
  return weeks;
}

/** Pure: the day of a moment where the browser is. */
export function dayKey(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
