import { readFileSync, readdirSync } from 'node:fs';

/** One line of the result: what the product took, what the named baseline took, both in `unit`. */
export interface Comparison {
  readonly measure: string;
  readonly unit: string;
  readonly product: number;
  readonly baseline: string;
  readonly reference: number;
  /** What is wanted: the most that the ratio may be, the least, or the most that the product's own figure may be. */
  readonly aim?: { readonly ratio: number } | { readonly least: number } | { readonly most: number };
}

/** What is wanted, and whether it was reached. */
export function verdict({ aim, product, reference, unit }: Comparison): string {
  if (aim === undefined) return '';
  const ratio = product / reference;
  const [wanted, met] =
    'ratio' in aim
      ? [`ratio ≤ ${String(aim.ratio)}`, ratio <= aim.ratio]
      : 'least' in aim
        ? [`ratio ≥ ${String(aim.least)}`, ratio >= aim.least]
        : [`≤ ${String(aim.most)} ${unit}`.trim(), product <= aim.most];
  return `${wanted}: ${met ? 'met' : 'MISSED'}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** CPU time of all threads of a running process in ms. Finer than the 10 ms ticks of /proc/PID/stat. */
export function cpuOf(pid: number): number {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks)
    .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6)
    .reduce((sum, part) => sum + part, 0);
}

/** CPU time in ms of the children of this process that have ended, and of theirs; in steps of 10 ms. */
export function cpuOfEndedChildren(): number {
  const [user, system] = statOf(process.pid).slice(13, 15).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}

/** Resident memory of a process in MB: now, or the most since {@link resetPeak}. */
export function memoryOf(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1024;
}

/** The process that this one started with `word` among its arguments. */
export function childWith(word: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Number(statOf(Number(name))[1]) !== process.pid) continue;
      if (readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').includes(word)) return Number(name);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`No process of ours was started with ${word}.`);
}

/** The fields of /proc/PID/stat after the command's name, which may hold anything; the first is the state. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

export function table(rows: readonly Comparison[]): string {
  const cells = [
    ['measure', 'product', 'baseline', '', 'ratio', 'aim'],
    ...rows.map((row) => [
      row.measure,
      `${row.product.toFixed(1)} ${row.unit}`.trim(),
      `${row.reference.toFixed(1)} ${row.unit}`.trim(),
      row.baseline,
      (row.product / row.reference).toFixed(2),
      verdict(row),
    ]),
  ];
  const widths = cells[0]?.map((_cell, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
