import type { FinishedChange } from '../../jobs/actions/change-action';
import { parseEnvironment, readReboot } from '../analysis/machine-reading';
import { SectionReader } from '../analysis/sections';
import type { RunReboot } from '../contracts/run-reboot';

/**
 * Whether the machine needs a restart now, by the signals by which an analysis tells it. Pure.
 * @returns undefined where the run looked for the mark of a package at most, which proves nothing
 */
export function rebootAfter({ sections }: Pick<FinishedChange, 'sections'>): RunReboot | undefined {
  if (!sections.has('kernels')) return undefined;
  const reader = new SectionReader(sections);
  const { state, reasons } = readReboot(reader, reader.read('environment', parseEnvironment)).reboot;
  return { state, reasons };
}
