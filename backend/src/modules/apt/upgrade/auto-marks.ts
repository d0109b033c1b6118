import type { FinishedChange } from '../../jobs/actions/change-action';
import type { Unmeasured } from '../contracts/apt-upgrade-result.v5';
import type { AutoMarks } from '../contracts/auto-marks';
import { linesOf } from '../parsers/parse-error';
import { reasonOf } from './unmeasured';

/**
 * What became of marks that were to be kept, as `auto_marks_restore` told; null: there were none, or nobody could tell
 * ({@link unmeasuredMarks}).
 */
export function autoMarks({ sections }: FinishedChange): AutoMarks | null {
  const rows = linesOf(sections.get('auto_marks')?.stdout ?? '').map((line) => line.split('\t'));
  const named = (word: string): string[] => rows.flatMap(([said, name = '']) => (said === word ? [name] : []));
  const marks = { kept: named('kept'), lost: named('lost') };
  return marks.kept.length + marks.lost.length === 0 ? null : marks;
}

/** @param expected there may have been marks to keep: what told of them, or that there were none, has to be there */
export function unmeasuredMarks(run: FinishedChange, expected: boolean): Unmeasured[] {
  const none = run.sections.get('auto_marks_none')?.exitCode === 0;
  return !expected || none || autoMarks(run) !== null
    ? []
    : [{ fact: 'auto_marks', reason: reasonOf(run, ['auto_marks']) }];
}
