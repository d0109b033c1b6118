import type { CalendarDto, OccurrenceDto } from '../../api/models';
import { entriesByDay } from './calendar-entries';

const days = [25, 26, 27, 28].map((day) => new Date(2026, 10, day));
const at = (day: number, hour: number): string => new Date(2026, 10, day, hour).toISOString();
const nothing: CalendarDto = { occurrences: [], planned: [], frequent: [], gaps: [] };
const run = { id: 'r', scheduleName: 'Nightly', dueAt: at(26, 2), status: 'ok' } as OccurrenceDto;

it('puts what was and what will be on its day, in order', () => {
  const planned = [{ scheduleId: 's', scheduleName: 'Weekly', dueAt: at(26, 1) }];
  const found = entriesByDay({ ...nothing, occurrences: [run], planned }, days);
  expect([...found.keys()]).toEqual(['2026-11-26']);
  expect(found.get('2026-11-26')?.entries.map(({ name, status }) => [name, status])).toEqual([
    ['Weekly', null],
    ['Nightly', 'ok'],
  ]);
});

it('shows what is due all the time on each of its days, before the rest', () => {
  const often = { scheduleId: 'm', scheduleName: 'Each minute', count: 2_000, troubleCount: 0 };
  const frequent = [{ ...often, from: at(26, 5), to: at(27, 23) }];
  const found = entriesByDay({ ...nothing, occurrences: [run], frequent }, days);
  expect([...found].map(([key, { entries }]) => [key, entries.map(({ name }) => name)])).toEqual([
    ['2026-11-26', ['Each minute', 'Nightly']],
    ['2026-11-27', ['Each minute']],
  ]);
});

it('never lets a day look free of which not all is known', () => {
  const found = entriesByDay({ ...nothing, gaps: [{ from: at(27, 12), to: at(28, 0) }] }, days);
  expect([...found]).toEqual([['2026-11-27', { entries: [], incomplete: true }]]);
});
