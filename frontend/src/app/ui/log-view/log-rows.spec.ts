import type { LogEntry } from '../../core/live/job-log';
import { findRows, firstError, LogRows } from './log-rows';

const entry = (seq: number, text: string): LogEntry => ({
  type: 'line',
  line: { seq, at: '2026-01-01T00:00:00Z', stream: 'out', section: null, text },
});

describe('LogRows', () => {
  it('cuts long lines at the width and appends new lines only', () => {
    const rows = new LogRows();
    const entries = [entry(1, 'abcdefg')];
    expect(rows.rowsOf(entries, 3)).toEqual([
      { entry: 0, from: 0, to: 3, first: true },
      { entry: 0, from: 3, to: 6, first: false },
      { entry: 0, from: 6, to: 7, first: false },
    ]);
    entries.push(entry(2, ''));
    expect(rows.rowsOf(entries, 3)).toHaveLength(4);
    expect(rows.rowsOf(entries, 10)).toHaveLength(2);
  });

  it('cuts another array anew', () => {
    const rows = new LogRows();
    rows.rowsOf([entry(1, 'a'), entry(2, 'b')], 80);
    expect(rows.rowsOf([entry(1, 'a'), { type: 'skipped', from: 2, to: 9 }, entry(10, 'd')], 80)).toEqual([
      { entry: 0, from: 0, to: 1, first: true },
      { entry: 1, from: 0, to: 0, first: true },
      { entry: 2, from: 0, to: 1, first: true },
    ]);
  });

  it('gives a gap a row of its own', () => {
    expect(new LogRows().rowsOf([{ type: 'gap', from: 2, to: 9 }], 80)).toEqual([
      { entry: 0, from: 0, to: 0, first: true },
    ]);
  });

  it('finds text and the first error, colours or not', () => {
    const entries = [entry(1, 'Get:1 ok'), entry(2, '\u001b[31mE: \u001b[0mFailed to fetch'), entry(3, 'failed again')];
    const rows = new LogRows().rowsOf(entries, 80);
    expect(findRows(entries, rows, 'e: failed')).toEqual([1]);
    expect(findRows(entries, rows, 'FAILED')).toEqual([1, 2]);
    expect(firstError(entries, rows)).toBe(1);
  });
});
