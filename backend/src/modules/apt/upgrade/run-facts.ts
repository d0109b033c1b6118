import type { FinishedChange } from '../../jobs/actions/change-action';
import { parseFlag } from '../analysis/machine-reading';
import { linesOf, readable } from '../parsers/parse-error';
import { parseInventory, type Inventory } from './applied';

/** The list of packages that a run kept; null: not measured, or cut. */
export function inventory(run: FinishedChange, name: string): Inventory | null {
  const section = run.sections.get(name);
  return section?.exitCode === 0 && !section.truncated ? readable(() => parseInventory(section.stdout)) : null;
}

/** The lines that a run kept under a name; null: it could not tell. */
export function lines(run: FinishedChange, name: string, exits: readonly number[] = [0]): string[] | null {
  const section = run.sections.get(name);
  return section === undefined || !exits.includes(section.exitCode)
    ? null
    : linesOf(section.stdout).filter((line) => line !== '');
}

/** Compares two facts; null where one of them is missing. */
export function both<T>(
  run: FinishedChange,
  before: string,
  after: string,
  compare: (before: string[], after: string[]) => T,
): T | null {
  const was = lines(run, before);
  const is = lines(run, after);
  return was === null || is === null ? null : compare(was, is);
}

/** The step in which the script says that it failed; none where it did not. */
export function failedSteps(run: FinishedChange): string[] {
  return lines(run, 'failed_step') ?? [];
}

/** What was said of the lock that a run waited for while its maintenance window closed; nothing: it waited for none. */
export function lockWaited(run: FinishedChange): string[] {
  return run.ending === 'stopped' && run.sections.has('window_closed') ? (lines(run, 'lock_waited') ?? []) : [];
}

/** Whether a package asked for a reboot; null: not measured. */
export function flag(run: FinishedChange): boolean | null {
  const section = run.sections.get('reboot_flag');
  return section?.exitCode === 0 ? (readable(() => parseFlag(section.stdout))?.set ?? null) : null;
}
