import { linesOf } from '../parsers/parse-error';

/** dpkg says so before it turns to a package, and is at that package until it says so of the next. */
const TURN =
  /^(?:Setting up|Processing triggers for|Preparing to unpack|Unpacking|Selecting previously unselected package|Removing|Purging configuration files for) /;
// A question about a configuration file that nobody answers stands on the same line.
const FAILED = /^(?:\*\*\* .*\? )?dpkg: error processing (?:package|archive) (\S+) \(--[a-z-]+\):$/;
/** It was never at this package: another one failed before. */
const FOLLOWED = 'dependency problems';
/** Lines that apt, dpkg and our own scripts print of themselves; what scripts of packages print means nothing by itself. */
const OWN = /^(?:[EW]: |Err:|mktemp: |dpkg(?:-[a-z]+)?: |system-update: )/;

/** dpkg has ended, by itself or because it could not go on: it is at no package any more. A dpkg that a script calls meets its lock. */
const OVER =
  /^(?:Errors were encountered while processing:|system-update: repair_differs|dpkg: (?:unrecoverable|error: (?!.*lock)))/;

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

/**
 * Lines that apt and dpkg print of themselves, with those that go on below them: what is printed while dpkg is at a package may
 * be its script's, whatever it looks like.
 */
export function ownLines(log: string): string[] {
  const lines = linesOf(log);
  const last = lastWords(lines);
  let within = false;
  let own = false;
  return lines.filter((line, index) => {
    if (TURN.test(line)) within = true;
    else if (OVER.test(line) || FAILED.test(line) || index >= last) within = false;
    own = !within && (OWN.test(line) || (own && /^\s/.test(line)));
    return own;
  });
}

/** Where the lines begin in which apt says at its end what went wrong: it keeps them until then, whatever dpkg did before. */
function lastWords(lines: readonly string[]): number {
  const before = lines.findLastIndex((line) => line !== '' && !OWN.test(line) && !/^\s/.test(line));
  return before + 1;
}

function reasonLines(lines: readonly string[], from: number): number {
  const length = lines.slice(from).findIndex((line) => !line.startsWith(' '));
  return length === -1 ? lines.length - from : length;
}
