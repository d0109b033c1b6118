import type { JobLogDto, LogLineDto } from '../../api/models';
import { JobLog } from './job-log';

const line = (seq: number): LogLineDto => ({
  seq,
  at: '2026-01-01T00:00:00Z',
  stream: 'out',
  section: null,
  text: `line ${String(seq)}`,
});
const lines = (from: number, to: number): LogLineDto[] =>
  Array.from({ length: to - from + 1 }, (_, at) => line(from + at));
const answer = (kept: LogLineDto[], ended = false): JobLogDto => ({
  lines: kept,
  lastSeq: kept.at(-1)?.seq ?? 0,
  ended,
});

/** A stored log that answers pages of `size` lines. */
function stored(all: LogLineDto[], size = 1000): { asked: number[]; read: (after: number) => Promise<JobLogDto> } {
  const asked: number[] = [];
  return {
    asked,
    read: (after) => {
      asked.push(after);
      const page = all.filter((one) => one.seq > after).slice(0, size);
      return Promise.resolve({ lines: page, lastSeq: all.at(-1)?.seq ?? 0, ended: false });
    },
  };
}

function shown(log: JobLog): string[] {
  return log.entries.map((entry) =>
    entry.type === 'line' ? String(entry.line.seq) : `${entry.type} ${String(entry.from)}-${String(entry.to)}`,
  );
}

describe('JobLog', () => {
  it('reads what is stored page by page, then goes on with live lines', async () => {
    const store = stored(lines(1, 5), 2);
    const log = new JobLog(store.read);
    await log.fill();
    log.accept([line(6), line(7)]);
    expect(shown(log)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(store.asked).toEqual([0, 2, 4]);
    expect(log.lastSeq).toBe(7);
  });

  it('drops repeats and puts late lines where they belong', async () => {
    const log = new JobLog(stored(lines(1, 4)).read);
    await log.fill();
    log.accept([line(3), line(4), line(5)]);
    log.accept([line(5), line(6)]);
    expect(shown(log)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('fetches a gap and shows nothing out of order meanwhile', async () => {
    const kept = lines(1, 2);
    const store = stored(kept);
    const log = new JobLog(store.read);
    await log.fill();
    kept.push(...lines(3, 6));
    log.accept([line(6)]);
    expect(shown(log)).toEqual(['1', '2']);
    await log.fill();
    expect(shown(log)).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(store.asked.at(-1)).toBe(2);
  });

  it('marks what cannot be fetched instead of being silent about it', async () => {
    const log = new JobLog(stored([line(1), line(2), line(6)]).read);
    await log.fill();
    expect(shown(log)).toEqual(['1', '2', 'gap 3-5', '6']);
    log.accept([line(9)]);
    await log.fill();
    expect(shown(log)).toEqual(['1', '2', 'gap 3-5', '6', 'gap 7-8', '9']);
  });

  it('says that it is broken when the stored log cannot be read, and mends itself with the next line', async () => {
    let broken = true;
    const log = new JobLog((after) =>
      broken
        ? Promise.reject(new Error('offline'))
        : Promise.resolve(answer(lines(1, 4).filter((one) => one.seq > after))),
    );
    log.accept([line(2)]);
    await log.fill();
    expect(log.broken()).toBe(true);
    expect(shown(log)).toEqual([]);
    broken = false;
    log.accept([line(4)]);
    await log.fill();
    expect(log.broken()).toBe(false);
    expect(shown(log)).toEqual(['1', '2', '3', '4']);
  });

  it('has ended only when every line is there', async () => {
    const log = new JobLog((after) =>
      Promise.resolve(
        answer(
          lines(1, 3).filter((one) => one.seq > after),
          true,
        ),
      ),
    );
    expect(log.ended()).toBe(false);
    await log.fill();
    expect(log.ended()).toBe(true);
  });

  describe('of a long run', () => {
    const few = { beginning: 3, end: 4 };

    it('holds beginning and end of what is stored, and never reads the middle', async () => {
      const store = stored(lines(1, 1000), 3);
      const log = new JobLog(store.read, few);
      await log.fill();
      expect(shown(log)).toEqual(['1', '2', '3', 'skipped 4-996', '997', '998', '999', '1000']);
      expect(store.asked).toEqual([0, 996, 999]);
      expect(log.lastSeq).toBe(1000);
    });

    it('gives up its middle while it grows, with one place for all of it', () => {
      const log = new JobLog(stored([]).read, few);
      for (let seq = 1; seq <= 11; seq += 1) log.accept([line(seq)]);
      const before = log.entries;
      expect(shown(log)).toHaveLength(11);
      for (let seq = 12; seq <= 30; seq += 1) log.accept([line(seq)]);
      expect(log.entries).not.toBe(before);
      expect(log.entries.length).toBeLessThanOrEqual(11);
      expect(shown(log).slice(0, 4)).toEqual(['1', '2', '3', expect.stringMatching(/^skipped 4-/)]);
      expect(shown(log).slice(-4)).toEqual(['27', '28', '29', '30']);
    });
  });
});
