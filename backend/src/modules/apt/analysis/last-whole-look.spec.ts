import type { Snapshots, StoredSnapshot } from '../../history/snapshots';
import { lastWholeLook } from './last-whole-look';

const day = (number: number): Date => new Date(Date.UTC(2026, 10, number));

/** The analyses of a machine, newest first: its day, and what of it was seen. */
function analysed(...looks: [day: number, complete: boolean, refreshed: boolean][]): Pick<Snapshots, 'latest'> {
  const stored = looks.map(([number, complete, refreshed]) => ({
    createdAt: day(number),
    payload: { readable: true, version: 1, document: { complete, refresh: { refreshed } } },
  }));
  return {
    latest: (_machineId, _kind, before) =>
      Promise.resolve(
        (stored.find(({ createdAt }) => before == null || createdAt < before) ?? null) as StoredSnapshot | null,
      ),
  };
}

it('is the newest analysis that fetched its lists and saw all', async () => {
  const looks = analysed([9, true, false], [8, false, true], [7, true, true], [6, true, true]);
  expect(await lastWholeLook(looks, 'm')).toEqual(day(7));
});

it('is none where none did, lately', async () => {
  expect(await lastWholeLook(analysed(), 'm')).toBeNull();
  const failing = Array.from({ length: 25 }, (_, index): [number, boolean, boolean] => [28 - index, true, false]);
  expect(await lastWholeLook(analysed(...failing, [1, true, true]), 'm')).toBeNull();
});
