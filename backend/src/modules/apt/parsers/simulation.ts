import { linesOf, ParseError } from './parse-error';

/** Where a version comes from as a simulation prints it: `Label:Version/Suite`, `Label:Suite`, or a host name. */
export interface SimulatedOrigin {
  label: string | null;
  suite: string | null;
}

export interface SimulatedChange {
  /** As apt prints it: `name`, or `name:arch` for a foreign architecture. */
  name: string;
  operation: 'put' | 'remove';
  /** Null: not installed now. */
  from: string | null;
  /** Null: removed. */
  to: string | null;
  arch: string | null;
  origins: SimulatedOrigin[];
}

export interface Simulation {
  changes: SimulatedChange[];
  /** Packages under apt's own heading for phased updates (apt 2.7.11 and later). */
  deferred: string[];
  /** Packages that only need configuring: they were left unconfigured before. */
  unconfigured: string[];
  /** The summary's "N not upgraded". */
  notUpgraded: number;
  /** The summary's "N not fully installed or removed". */
  notFullyInstalled: number;
}

const WHAT = 'simulation';
// Versions hold no space, origins any sign: the architecture is the last thing between the parentheses. The list in brackets
// after them names packages that are broken at this step; it may be empty.
const INST = /^Inst (\S+) (?:\[(\S*)\] )?\((\S+) (?:(.*) )?\[([a-z0-9-]+)\]\)(?: \[[^\][]*\])?\s*$/;
const REMOVE = /^(?:Remv|Purg) (\S+)(?: \[(\S*)\])?(?: \[[^\][]*\])?\s*$/;
const CONF = /^Conf (\S+) \(/;
const SUMMARY =
  /^(\d+) upgraded, (\d+) newly installed, (?:(\d+) reinstalled, )?(?:(\d+) downgraded, )?(\d+) to remove and (\d+) not upgraded\.$/;
const NOT_FULLY = /^(\d+) not fully installed or removed\.$/;
const DEFERRED = 'The following upgrades have been deferred due to phasing:';

function simulatedOrigin(text: string): SimulatedOrigin {
  const colon = text.lastIndexOf(':');
  const place = text.slice(colon + 1);
  const slash = place.indexOf('/');
  return { label: colon === -1 ? null : text.slice(0, colon), suite: slash === -1 ? place : place.slice(slash + 1) };
}

/** Origins as a simulation prints them; nothing: `-` or an empty text. */
export function simulatedOrigins(text: string): SimulatedOrigin[] {
  return text === '' || text === '-' ? [] : text.split(', ').map(simulatedOrigin);
}

function inst(line: string): SimulatedChange {
  const match = INST.exec(line);
  if (match?.[1] === undefined || match[3] === undefined || match[5] === undefined) {
    throw new ParseError(WHAT, 'not an Inst line', line);
  }
  return {
    name: match[1],
    operation: 'put',
    from: match[2] ?? null,
    to: match[3],
    arch: match[5],
    origins: simulatedOrigins((match[4] ?? '').trim()),
  };
}

function removal(line: string): SimulatedChange {
  const match = REMOVE.exec(line);
  if (match?.[1] === undefined) throw new ParseError(WHAT, 'not a removal line', line);
  return { name: match[1], operation: 'remove', from: match[2] ?? null, to: null, arch: null, origins: [] };
}

/** A package that is removed and put back (apt does so to break loops) is one change. */
function merged(changes: SimulatedChange[]): SimulatedChange[] {
  const byName = new Map<string, SimulatedChange>();
  for (const change of changes) {
    const before = byName.get(change.name);
    if (before === undefined) byName.set(change.name, change);
    else if (change.operation === 'put') byName.set(change.name, { ...change, from: change.from ?? before.from });
  }
  return [...byName.values()];
}

/** apt's summary counts what it plans; a difference means that a line was lost or misread. */
function checkAgainstSummary(changes: SimulatedChange[], summary: RegExpExecArray): void {
  const number = (index: number): number => Number(summary[index] ?? 0);
  const put = changes.filter((change) => change.operation === 'put');
  const found = [
    put.filter((change) => change.from !== null).length,
    put.filter((change) => change.from === null).length,
    changes.length - put.length,
  ];
  const promised = [number(1) + number(3) + number(4), number(2), number(5)];
  if (found.join() !== promised.join()) {
    throw new ParseError(WHAT, `the lines (${found.join('/')}) do not add up to the summary`, summary[0]);
  }
}

const EFFECT = /^(?:Inst|Conf|Remv|Purg) /;

/** Labels of archives may go on over several lines, which then begin with a space and belong to the line of the effect. */
function effectLines(text: string): string[] {
  const lines: string[] = [];
  for (const line of linesOf(text)) {
    const before = lines.at(-1);
    if (before !== undefined && EFFECT.test(before) && /^\s/.test(line))
      lines[lines.length - 1] = `${before} ${line.trimStart()}`;
    else lines.push(line);
  }
  return lines;
}

/**
 * Reads the stdout of `apt-get -s upgrade`, `dist-upgrade`, `autoremove` or `install`. Only the `Inst/Conf/Remv/Purg` lines
 * and the summary count: headings change between versions of apt.
 * @throws ParseError when the summary is missing or does not fit the lines
 */
export function parseSimulation(text: string): Simulation {
  const changes: SimulatedChange[] = [];
  const deferred: string[] = [];
  const configured: string[] = [];
  let summary: RegExpExecArray | null = null;
  let notFullyInstalled = 0;
  let inDeferred = false;
  for (const line of effectLines(text)) {
    if (line.startsWith('  ')) {
      if (inDeferred) deferred.push(...line.trim().split(/\s+/));
      continue;
    }
    inDeferred = line === DEFERRED;
    if (line.startsWith('Inst ')) changes.push(inst(line));
    else if (line.startsWith('Remv ') || line.startsWith('Purg ')) changes.push(removal(line));
    else if (line.startsWith('Conf ')) configured.push(CONF.exec(line)?.[1] ?? '');
    else if (SUMMARY.test(line)) summary = SUMMARY.exec(line);
    else notFullyInstalled = Number(NOT_FULLY.exec(line)?.[1] ?? notFullyInstalled);
  }
  if (summary === null) throw new ParseError(WHAT, 'no summary line');
  const result = merged(changes);
  checkAgainstSummary(result, summary);
  const put = new Set(result.filter((change) => change.operation === 'put').map((change) => change.name));
  return {
    changes: result,
    deferred,
    unconfigured: configured.filter((name) => name !== '' && !put.has(name)),
    notUpgraded: Number(summary[6]),
    notFullyInstalled,
  };
}
