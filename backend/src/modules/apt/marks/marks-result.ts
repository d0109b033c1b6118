import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { aptError } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptMarksPlan, AptMarksResult } from '../contracts/apt-marks.v1';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { parseHolds } from '../parsers/dpkg';
import { linesOf, readable } from '../parsers/parse-error';
import { lockWaited } from '../upgrade/run-facts';
import { lockErrors, upgradeErrors } from '../upgrade/upgrade-errors';
import type { UpgradeVerdict } from '../upgrade/upgrade-result';

/** What a run did to the marks, by the marks themselves. Pure; what is missing is null, never a guess. */
export function marksResult(run: FinishedChange, plan: AptMarksPlan): AptMarksResult {
  const before = marks(run, 'before');
  const after = marks(run, 'after');
  const wanted = plan.operation === 'hold';
  const named = new Set(plan.packages.map(({ name }) => name));
  return {
    ending: run.ending,
    exit_code: run.exitCode,
    marks: plan.packages.map(({ name }) => {
      const held = after?.includes(name) ?? null;
      return { name, held_before: before?.includes(name) ?? null, held, as_planned: held === wanted };
    }),
    unplanned: before === null || after === null ? null : differing(before, after).filter((name) => !named.has(name)),
    marks_after: after,
    errors: errorsOf(run),
    drift: run.drift === null ? null : { missing: [...run.drift.missing], added: [...run.drift.added] },
  };
}

/** How the run is to be told. */
export function marksVerdict(result: AptMarksResult): UpgradeVerdict {
  const { ending, errors, marks: planned, unplanned, marks_after } = result;
  if (ending === 'drifted')
    return failed('plan_drifted', say.run_drifted(), say.run_drifted(), say.run_drifted_action());
  if (ending === 'stopped') return { status: 'warning', summary: say.marks_stopped() };
  const done = planned.filter(({ as_planned }) => as_planned).length;
  const summary = marks_after === null ? say.marks_not_read() : say.run_summary({ done, planned: planned.length });
  if (ending === 'interrupted')
    return failed('interrupted', say.run_interrupted(), summary, say.marks_interrupted_action());
  const worst = errors[0];
  if (worst !== undefined) return failed(worst.kind, quoted(worst.message), summary, quoted(worst.remediation));
  if (marks_after === null) return failed('answer_incomplete', say.marks_not_read(), summary);
  if (done < planned.length) return failed('marks_differ', say.marks_differ(), summary, say.marks_interrupted_action());
  return { status: (unplanned ?? []).length > 0 ? 'warning' : 'ok', summary };
}

function failed(kind: string, message: Sentence, summary: Sentence, action?: Sentence): UpgradeVerdict {
  return { status: 'error', summary, error: { kind, message, ...(action === undefined ? {} : { action }) } };
}

function errorsOf(run: FinishedChange): AptError[] {
  if (run.ending === 'drifted') return [];
  if (run.ending === 'stopped') return lockErrors(lockWaited(run));
  if (run.ending === 'interrupted')
    return [aptError('unknown', 'error', say.run_interrupted(), linesOf(run.log).slice(-10))];
  return upgradeErrors(run.log, run.exitCode);
}

function marks(run: FinishedChange, name: string): string[] | null {
  const section = run.sections.get(name);
  return section?.exitCode === 0 && !section.truncated ? readable(() => parseHolds(section.stdout)) : null;
}

function differing(before: readonly string[], after: readonly string[]): string[] {
  return [...before.filter((name) => !after.includes(name)), ...after.filter((name) => !before.includes(name))];
}
