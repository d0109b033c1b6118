import type { CollectedRun, RunFailure } from '../../jobs/actions/job-action';
import { complaintOf, importantLines } from '../analysis/errors';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import { unreadable } from './plan-failures';
import { parsePlanLines, type PackageLine } from './plan-lines';
import { linesOf, readable } from '../parsers/parse-error';
import { parseSimulation } from '../parsers/simulation';
import { classifyRunFailure } from '../parsers/update-failures';

/** A simulation of apt beside the lines that the machine made of it. */
export interface SimulatedPlan {
  /** All, as they are confirmed. */
  readonly lines: readonly string[];
  readonly packages: readonly PackageLine[];
  /** Lines of the action's own, by their first word. */
  readonly own: readonly string[];
}

/**
 * Reads the sections `<action>_simulation` and `<action>_lines`. Pure.
 * @param ownWords first words of lines that are the action's own
 * @returns why there is no plan, where apt could not simulate it or where the two do not say the same
 */
export function simulatedPlan(
  run: CollectedRun,
  action: string,
  ownWords: readonly string[],
): SimulatedPlan | { readonly failure: RunFailure } {
  const simulation = run.sections.get(`${action}_simulation`);
  const printed = run.sections.get(`${action}_lines`);
  if (simulation === undefined || printed === undefined) return { failure: unreadable() };
  if (simulation.exitCode !== 0) return { failure: notSimulated(`${simulation.stderr}\n${simulation.stdout}`) };
  if (printed.exitCode !== 0 || printed.truncated) return { failure: unreadable(printed.stderr) };
  const lines = linesOf(printed.stdout);
  const isOwn = (line: string): boolean => ownWords.includes(line.split(' ', 1)[0] ?? '');
  const read = readable(() => ({
    counted: parseSimulation(simulation.stdout).changes.length,
    packages: parsePlanLines(lines.filter((line) => !isOwn(line)).join('\n')).packages,
  }));
  if (read === null || read.counted !== read.packages.length) return { failure: unreadable() };
  return { lines, packages: read.packages, own: lines.filter(isOwn) };
}

function notSimulated(said: string): RunFailure {
  const kind = classifyRunFailure(said) ?? 'simulation_failed';
  return {
    kind,
    message: say.simulation_failed({ why: complaintOf(importantLines(said)) }),
    action: remediationOf(kind),
  };
}
