import type { CollectedSection } from '../../jobs/actions/job-action';
import type { ConffileChange } from '../contracts/apt-upgrade-result.v5';
import { linesOf } from '../parsers/parse-error';

/** What `conffile_changes` printed: each new file, then its difference line by line. Null: not measured. Pure. */
export function conffileChanges(section: CollectedSection | undefined): ConffileChange[] | null {
  if (section?.exitCode !== 0 || section.truncated) return null;
  const changes: { path: string; difference: string[] | null; cut: boolean }[] = [];
  for (const line of linesOf(section.stdout)) {
    const [kind, ...rest] = line.split('\t');
    const change = changes.at(-1);
    if (kind === 'file') changes.push({ path: rest.join('\t'), difference: [], cut: false });
    else if (change !== undefined && kind === 'hidden') change.difference = null;
    else if (change !== undefined && kind === 'cut') change.cut = true;
    else if (kind === '') change?.difference?.push(rest.join('\t'));
  }
  return changes;
}
