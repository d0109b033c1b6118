import { linesOf } from './parse-error';

/** What apt answered when one left-back package was asked for alone. */
export interface Explanation {
  name: string;
  version: string;
  /** apt refused; `reasons` says why, in its own lines. */
  refused: boolean;
  reasons: string[];
  installs: string[];
  removes: string[];
}

const ASK = /^@ask (\S+?)=(\S+)$/;
const UNMET = 'The following packages have unmet dependencies:';

/** Reads the section `explain`. Lines that are neither a plan nor a complaint are apt's usual prose and are left out. */
export function parseExplanations(text: string): Explanation[] {
  const explanations: Explanation[] = [];
  let current: Explanation | undefined;
  let inUnmet = false;
  for (const line of linesOf(text)) {
    const ask = ASK.exec(line);
    if (ask?.[1] !== undefined && ask[2] !== undefined) {
      current = { name: ask[1], version: ask[2], refused: false, reasons: [], installs: [], removes: [] };
      explanations.push(current);
      inUnmet = false;
      continue;
    }
    if (current === undefined) continue;
    const words = line.split(' ');
    if (inUnmet && line.startsWith(' ')) current.reasons.push(line.trim());
    else if (line.startsWith('E: ')) {
      current.refused = true;
      current.reasons.push(line.slice(3).trim());
    } else if (line.startsWith('   ')) current.reasons.push(line.trim());
    else if (words[0] === 'Inst' && words[1] !== undefined && words[2]?.startsWith('(') === true)
      current.installs.push(words[1]);
    else if ((words[0] === 'Remv' || words[0] === 'Purg') && words[1] !== undefined) current.removes.push(words[1]);
    inUnmet = line === UNMET || (inUnmet && line.startsWith(' '));
  }
  // apt indents package lists of its headings by two spaces, the solver's reasoning by three: only the latter explains.
  return explanations;
}
