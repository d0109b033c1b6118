import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PlanConsequence, PlanOutcome } from '../../jobs/actions/change-action';
import { fileSystemFailure } from '../../jobs/actions/file-system-failure';
import type { CollectedRun, RunFailure } from '../../jobs/actions/job-action';
import { importantLines, complaintOf } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptMarksPlan, MarkedPackage, MarkOperation } from '../contracts/apt-marks.v1';
import { remediationOf } from '../contracts/apt-error-kinds';
import { parseHolds } from '../parsers/dpkg';
import { linesOf, ParseError, readable } from '../parsers/parse-error';
import { answer, answered } from '../parsers/plan-answers';
import { locksCheck } from '../upgrade/preflight';
import { NO_PACKAGES } from '../upgrade/plan-effects';

export interface MarksParameters {
  /** As `apt_hold` and `apt_unhold` take them: `name`, or `name:arch`. */
  readonly packages: readonly string[];
  readonly note?: string;
  readonly expires_at?: string;
}

/** A package that dpkg knows by a name that was asked for. */
interface KnownPackage {
  readonly asked: string;
  readonly name: string;
  readonly version: string | null;
  readonly installed: boolean;
}

/** Turns the answer of the plan's script into a plan. Pure. */
export function marksPlan(run: CollectedRun, operation: MarkOperation, parameters: MarksParameters): PlanOutcome {
  const expiry = expiryOf(parameters, run.receivedAt);
  if (expiry === undefined)
    return { kind: 'failed', failure: failure('expiry_invalid', say.hold_expiry_invalid(), null) };
  const read = readable(() => ({
    marks: parseHolds(answer(run, 'marks_held')),
    known: knownPackages(answer(run, 'marks_packages')),
    // A package may be named twice, with its architecture and without.
    lines: [...new Set(linesOf(answer(run, 'marks_lines')))],
  }));
  if (read === null) return { kind: 'failed', failure: unreadable(run) };
  const { marks, known, lines } = read;
  const wrong = operation === 'hold' ? wrongName(parameters.packages, known) : null;
  if (wrong !== null) return { kind: 'failed', failure: wrong };
  const packages = lines.flatMap((line) => markedPackage(line, operation, new Set(marks)) ?? []);
  const note = parameters.note?.trim() ?? '';
  const details: AptMarksPlan = { operation, packages, marks, note: note === '' ? null : note, expires_at: expiry };
  if (nothingChanges(details)) return { kind: 'nothing', summary: nothing(operation) };
  return {
    kind: 'planned',
    plan: {
      lines,
      summary: summaryOf(details),
      risk: 'low',
      effects: NO_PACKAGES,
      consequences: consequencesOf(details),
      checks: [locksCheck({ locks: answered(run, 'plan_locks') })],
      details,
    },
  };
}

/** Only what is not held yet changes the machine; what is held already may be given a note or another date. */
function nothingChanges({ operation, packages, note, expires_at }: AptMarksPlan): boolean {
  if (packages.length === 0) return true;
  return operation === 'hold' && note === null && expires_at === null && packages.every(({ held }) => held);
}

function nothing(operation: MarkOperation): Sentence {
  return operation === 'hold' ? say.hold_nothing() : say.unhold_nothing();
}

function summaryOf({ operation, packages }: AptMarksPlan): Sentence {
  const names = packages.map(({ name }) => name).join(', ');
  return operation === 'hold' ? say.hold_summary({ packages: names }) : say.unhold_summary({ packages: names });
}

function consequencesOf({ operation, packages }: AptMarksPlan): PlanConsequence[] {
  const fresh = packages.filter(({ held }) => !held).map(({ name }) => name);
  if (operation === 'unhold' || fresh.length === 0) return [];
  return [{ code: 'no_updates', sentence: say.hold_consequence({ packages: fresh.join(', ') }) }];
}

/** Rows of `marks_packages`. @throws ParseError on an unknown row */
function knownPackages(text: string): KnownPackage[] {
  return linesOf(text).map((line) => {
    const [asked = '', name = '', version, state] = line.split('\t');
    if (name === '' || version === undefined || state === undefined)
      throw new ParseError('marks_packages', 'unknown row', line);
    return { asked, name, version: version === '-' ? null : version, installed: !/[nc]/.test(state) };
  });
}

function markedPackage(line: string, operation: MarkOperation, held: ReadonlySet<string>): MarkedPackage | null {
  const [verb, name = '', version = '-'] = line.split(' ');
  return verb === operation ? { line, name, version: version === '-' ? null : version, held: held.has(name) } : null;
}

/** A name that dpkg does not have, or has for several architectures. */
function wrongName(asked: readonly string[], known: readonly KnownPackage[]): RunFailure | null {
  const found = (name: string): KnownPackage[] => known.filter((one) => one.asked === name && one.installed);
  const absent = asked.filter((name) => found(name).length === 0);
  if (absent.length > 0)
    return failure(
      'package_not_installed',
      say.package_not_installed({ packages: absent.join(', ') }),
      remediationOf('package_not_installed'),
    );
  const several = asked.filter((name) => found(name).length > 1);
  return several.length === 0
    ? null
    : failure('package_ambiguous', say.hold_ambiguous({ packages: several.join(', ') }), say.hold_ambiguous_action());
}

/** ISO 8601, to the millisecond; null: never; undefined: no moment to come. */
export function expiryOf({ expires_at }: Pick<MarksParameters, 'expires_at'>, now: Date): string | null | undefined {
  if (expires_at === undefined) return null;
  const moment = new Date(expires_at);
  const day = new Date(expires_at.slice(0, 10));
  if (Number.isNaN(moment.getTime()) || moment <= now) return undefined;
  // JavaScript takes the 30th of February for a day of March.
  return day.toISOString().startsWith(expires_at.slice(0, 10)) ? moment.toISOString() : undefined;
}

function unreadable(run: CollectedRun): RunFailure {
  const said = ['marks_held', 'marks_packages', 'marks_lines'].map((name) => run.sections.get(name)?.stderr ?? '');
  const full = fileSystemFailure(said.join('\n'));
  if (full !== null) return full;
  const lines = importantLines(said.join('\n'));
  const why = lines.length === 0 ? null : complaintOf(lines);
  const message = why === null ? say.marks_unreadable() : say.marks_unreadable_because({ why });
  return failure('answer_unreadable', message, remediationOf('answer_unreadable'));
}

function failure(kind: string, message: Sentence, action: Sentence | null): RunFailure {
  return { kind, message, action };
}
