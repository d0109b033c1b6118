import type { FinishedChange } from '../../jobs/actions/change-action';
import type { AutoMarks } from '../contracts/auto-marks';
import { linesOf } from '../parsers/parse-error';

/** What became of marks that were to be kept, as `auto_marks_restore` told; null: there were none. */
export function autoMarks({ sections }: FinishedChange): AutoMarks | null {
  const section = sections.get('auto_marks');
  if (section === undefined) return null;
  const rows = linesOf(section.stdout).map((line) => line.split('\t'));
  const named = (word: string): string[] => rows.flatMap(([said, name = '']) => (said === word ? [name] : []));
  return { kept: named('kept'), lost: named('lost') };
}
