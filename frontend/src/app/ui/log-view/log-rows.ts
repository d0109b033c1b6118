import type { LogEntry } from '../../core/live/job-log';
import { plainLine } from './safe-line';

/** One row of the screen: a line, or a part of a line that is wider than the screen. */
export interface LogRow {
  readonly entry: number;
  readonly from: number;
  readonly to: number;
  /** The first row of its line: it carries number and time. */
  readonly first: boolean;
}

/** Longest line shown in one piece when lines are not wrapped. */
const LONGEST = 4000;

/**
 * Rows of equal height for a list that draws only what is seen. Lines are cut by columns of the fixed-width font, so
 * no height has to be measured. New lines are appended; only another width, or another array, cuts everything anew.
 */
export class LogRows {
  private of: readonly LogEntry[] | null = null;
  private columns = 0;
  private done = 0;
  private rows: LogRow[] = [];

  /** @param columns letters in a row; 0 does not wrap */
  rowsOf(entries: readonly LogEntry[], columns: number): readonly LogRow[] {
    if (columns !== this.columns || entries !== this.of) {
      this.of = entries;
      this.columns = columns;
      this.done = 0;
      this.rows = [];
    }
    const fresh: LogRow[] = [];
    for (; this.done < entries.length; this.done++) {
      const entry = entries[this.done];
      if (entry) {
        this.cut(entry, this.done, fresh);
      }
    }
    if (fresh.length > 0) {
      this.rows = [...this.rows, ...fresh];
    }
    return this.rows;
  }

  private cut(entry: LogEntry, index: number, into: LogRow[]): void {
    const length = entry.type === 'line' ? plainLine(entry.line.text).length : 0;
    const width = this.columns > 0 ? this.columns : LONGEST;
    let from = 0;
    do {
      into.push({ entry: index, from, to: Math.min(length, from + width), first: from === 0 });
      from += width;
    } while (from < length);
  }
}

/** Rows whose line contains the text, as indexes; one for each line. */
export function findRows(entries: readonly LogEntry[], rows: readonly LogRow[], text: string): number[] {
  const wanted = text.toLowerCase();
  if (wanted === '') {
    return [];
  }
  return rows.flatMap((row, index) => {
    const entry = entries[row.entry];
    return row.first && entry?.type === 'line' && plainLine(entry.line.text).toLowerCase().includes(wanted)
      ? [index]
      : [];
  });
}

const ERROR = /^(E:|Err:|error\b|fatal\b|dpkg: error|sub-process .* returned an error)/i;

/** Index of the first row that says that something went wrong, or -1. */
export function firstError(entries: readonly LogEntry[], rows: readonly LogRow[]): number {
  return rows.findIndex((row) => {
    const entry = entries[row.entry];
    return row.first && entry?.type === 'line' && ERROR.test(plainLine(entry.line.text).trim());
  });
}
