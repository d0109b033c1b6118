import type { CollectedRun } from '../../jobs/actions/job-action';
import { ParseError } from './parse-error';

/** What a section printed; null: it failed, was cut off, or is not there. */
export function answered(run: Pick<CollectedRun, 'sections'>, name: string): string | null {
  const section = run.sections.get(name);
  return section?.exitCode === 0 && !section.truncated ? section.stdout : null;
}

/** The same. @throws ParseError where there is no whole answer */
export function answer(run: Pick<CollectedRun, 'sections'>, name: string): string {
  const text = answered(run, name);
  if (text === null) throw new ParseError(name, 'no answer');
  return text;
}
