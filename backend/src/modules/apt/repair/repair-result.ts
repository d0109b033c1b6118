import type { FinishedChange } from '../../jobs/actions/change-action';
import { complaintOf } from '../analysis/errors';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { AptRepairPlan, AptRepairResult } from '../contracts/apt-repair.v4';
import { autoMarks, unmeasuredMarks } from '../upgrade/auto-marks';
import { lines } from '../upgrade/run-facts';
import { unmeasured } from '../upgrade/unmeasured';
import { runResult, verdictOf, type UpgradeVerdict } from '../upgrade/upgrade-result';
import { complaintsOf } from './complaints';

/** What a repair really did, and whether it worked, from its facts. Pure; what is missing is null, never a guess. */
export function repairResult(run: FinishedChange, plan: AptRepairPlan, runId: string): AptRepairResult {
  const states = statesAfter(run);
  const verified = run.sections.get('whole');
  const result = {
    ...runResult(run, plan, runId),
    unfinished: plan.unfinished.map((entry) => {
      const state = states?.get(entry.name);
      return { ...entry, finished: states === null ? null : state === undefined || /[inc]/.test(state) };
    }),
    whole: verified === undefined ? null : verified.exitCode === 0,
    complaints: verified === undefined ? null : complaintsOf(verified),
    auto_marks: autoMarks(run),
  };
  const not_measured = [...unmeasured(run, result), ...unmeasuredMarks(run, plan.auto_marks.length > 0)];
  return { ...result, not_measured };
}

/** How the run is to be told: it worked if dpkg and apt find everything whole, however it ended. */
export function repairVerdict(result: AptRepairResult): UpgradeVerdict {
  const verdict = verdictOf(result);
  const { ending, whole, unfinished } = result;
  if (ending !== 'ended') return verdict;
  if (whole === null && verdict.status !== 'error')
    return {
      status: 'error',
      summary: say.repair_not_verified(),
      error: { kind: 'answer_incomplete', message: say.repair_not_verified() },
    };
  if (whole === true) {
    const strays = unfinished.some(({ finished }) => finished !== true);
    return {
      ...verdict,
      status: strays && verdict.status === 'ok' ? 'warning' : verdict.status,
      summary: say.repair_done(),
    };
  }
  const summary = whole === null ? say.repair_not_verified() : say.repair_not_whole({ why: why(result) });
  if (verdict.status === 'error') return { ...verdict, summary };
  return {
    status: 'error',
    summary,
    error: { kind: 'packages_broken', message: summary, action: remediationOf('packages_broken') },
  };
}

function why({ complaints: said, unfinished }: AptRepairResult): string {
  const left = unfinished.filter(({ finished }) => finished === false).map(({ name }) => name);
  return left.length > 0 ? left.join(', ') : complaintOf(said ?? []);
}

/** dpkg's word for each package afterwards, by its name; null: not measured. */
function statesAfter(run: FinishedChange): Map<string, string> | null {
  const rows = lines(run, 'after');
  if (rows === null) return null;
  return new Map(
    rows.map((row) => {
      const [status = '', name = ''] = row.split('\t');
      return [name, status.charAt(2) === 'R' ? 'R' : status.charAt(1)];
    }),
  );
}
