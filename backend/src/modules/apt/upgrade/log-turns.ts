import { linesOf } from '../parsers/parse-error';

/** dpkg says so before it turns to a package, and is at that package until it says so of the next. */
const TURN =
  /^(?:Setting up|Processing triggers for|Preparing to unpack|Unpacking|Selecting previously unselected package|Removing|Purging configuration files for) /;
const FAILED = /^dpkg: error processing (?:package|archive) (\S+) \(--[a-z-]+\):$/;
/** It was never at this package: another one failed before. */
const FOLLOWED = 'dependency problems';
/** Lines that apt, dpkg and our own scripts print of themselves; what scripts of packages print means nothing by itself. */
const OWN = /^(?:[EW]: |Err:|dpkg(?:-[a-z]+)?: |system-update: )/;

/** dpkg's turn at a package that it could not finish. */
export interface FailedTurn {
  /** As dpkg names it: a package, with its architecture where that matters, or the path of an archive. */
  readonly subject: string;
  /** What was printed while dpkg was at it, its own word about the failure included. */
  readonly lines: readonly string[];
}

/** In their order; a package that was only waiting for another one has none. */
export function failedTurns(log: string): FailedTurn[] {
  const lines = linesOf(log);
  const turns: FailedTurn[] = [];
  let begun = 0;
  for (const [index, line] of lines.entries()) {
    if (TURN.test(line)) begun = index;
    const subject = FAILED.exec(line)?.[1];
    if (subject === undefined) continue;
    const end = index + 1 + reasonLines(lines, index + 1);
    if (!lines.slice(index, end).some((reason) => reason.includes(FOLLOWED)))
      turns.push({ subject, lines: lines.slice(begun, end) });
    begun = end;
  }
  return turns;
}

/** Lines that apt and dpkg print of themselves, with those that go on below them. */
export function ownLines(log: string): string[] {
  let own = false;
  return linesOf(log).filter((line) => {
    own = OWN.test(line) || (own && /^\s/.test(line));
    return own;
  });
}

function reasonLines(lines: readonly string[], from: number): number {
  const length = lines.slice(from).findIndex((line) => !line.startsWith(' '));
  return length === -1 ? lines.length - from : length;
}
