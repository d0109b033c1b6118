import { linesOf } from './parse-error';

export type FetchState = 'hit' | 'get' | 'ignored' | 'error';

/** The last that `apt-get update` said about one file. */
export interface FetchItem {
  state: FetchState;
  uri: string;
  /** For index files still with the component: `bookworm/main`. */
  suite: string;
  /** `InRelease`, `Release`, or e.g. `amd64 Packages`. */
  file: string;
  /** apt's reason under an `Err` line, its own lines joined with line ends. */
  reason: string | null;
}

export interface Complaint {
  level: 'notice' | 'warning' | 'error';
  /** Without the `W: ` mark; continuation lines are joined with a line end. */
  text: string;
}

export interface UpdateOutput {
  /** In the order in which apt first named them. */
  items: FetchItem[];
  complaints: Complaint[];
}

const STATES: Record<string, FetchState> = { Hit: 'hit', Get: 'get', Ign: 'ignored', Err: 'error' };
const ITEM = /^(Hit|Get|Ign|Err):(\d+) (\S+) (\S+) (.+)$/;
const LEVELS: Record<string, Complaint['level']> = { 'N: ': 'notice', 'W: ': 'warning', 'E: ': 'error' };

/** Reads the `N:`, `W:` and `E:` lines of any apt command, each once. Other lines (of hooks and plugins) are left out. */
export function parseComplaints(stderr: string): Complaint[] {
  const complaints: Complaint[] = [];
  for (const line of linesOf(stderr)) {
    const level = LEVELS[line.slice(0, 3)];
    const last = complaints.at(-1);
    if (level !== undefined) complaints.push({ level, text: line.slice(3).trimEnd() });
    else if (last !== undefined && line.startsWith(' ')) last.text += `\n${line.trimEnd()}`;
  }
  const seen = new Set<string>();
  return complaints.filter(({ text }) => !seen.has(text) && seen.add(text));
}

/**
 * Reads `apt-get -q update`. A file may be named several times (retries, or `Get` first and `Err` when its signature turns
 * out to be wrong): the last word counts.
 */
export function parseUpdate(stdout: string, stderr: string): UpdateOutput {
  const items = new Map<string, FetchItem>();
  let last: FetchItem | undefined;
  for (const line of linesOf(stdout)) {
    const match = ITEM.exec(line);
    if (match === null) {
      if (last?.state === 'error' && line.startsWith('  '))
        last.reason = [last.reason, line.trim()].filter(Boolean).join('\n');
      else last = undefined;
      continue;
    }
    const [, state = '', id = '', uri = '', suite = '', rest = ''] = match;
    last = {
      state: STATES[state] ?? 'error',
      uri,
      suite,
      file: rest.replace(/ \[[\d.,]+ k?M?G?B\]$/, ''),
      reason: null,
    };
    items.set(id, last);
  }
  return { items: [...items.values()], complaints: parseComplaints(stderr) };
}
