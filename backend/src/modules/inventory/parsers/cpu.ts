import { ParseError } from './parse-error';
import { onlyLine, parseTable, requiredCell, wholeNumber } from './table';
import { say } from '../inventory.sentences';
import type { Sentence } from '../../../kernel/sentences/sentences';

/** What /proc/cpuinfo says. `model` is null where it names the processor only by numbers that are not known here. */
export interface CpuFacts {
  readonly model: string | null;
  /** why there is no model, null when there is one */
  readonly modelReason: Sentence | null;
  /** logical processors listed; null where the architecture does not number them */
  readonly processors: number | null;
}

/** MIDR part numbers of the ARM implementer 0x41, from the cores' technical reference manuals. */
const ARM_PARTS: ReadonlyMap<string, string> = new Map([
  ['0xb76', 'ARM1176'],
  ['0xc07', 'Cortex-A7'],
  ['0xc08', 'Cortex-A8'],
  ['0xc09', 'Cortex-A9'],
  ['0xc0f', 'Cortex-A15'],
  ['0xd03', 'Cortex-A53'],
  ['0xd04', 'Cortex-A35'],
  ['0xd05', 'Cortex-A55'],
  ['0xd07', 'Cortex-A57'],
  ['0xd08', 'Cortex-A72'],
  ['0xd09', 'Cortex-A73'],
  ['0xd0a', 'Cortex-A75'],
  ['0xd0b', 'Cortex-A76'],
  ['0xd0c', 'Neoverse-N1'],
  ['0xd40', 'Neoverse-V1'],
  ['0xd41', 'Cortex-A78'],
  ['0xd49', 'Neoverse-N2'],
  ['0xd4f', 'Neoverse-V2'],
]);

function armModel(values: (key: string) => string[]): string | null {
  const implementers = values('CPU implementer');
  const names = values('CPU part').map((part) => ARM_PARTS.get(part));
  if (implementers.length !== 1 || implementers[0] !== '0x41' || names.length === 0) return null;
  // big.LITTLE boards list two parts; one unknown part makes the whole name unknown
  return names.every((name) => name !== undefined) ? names.join(' + ') : null;
}

/** Reads the distinct `key: value` lines of /proc/cpuinfo that name a processor (x86, ARM, POWER, RISC-V). */
export function parseCpu(text: string): CpuFacts {
  const rows = parseTable('cpu', text, ['key', 'value']);
  if (rows.length === 0) throw new ParseError('cpu', 'the kernel lists no processor');
  const values = (key: string): string[] =>
    rows.flatMap((row) => (row.key.value === key && row.value.value ? [row.value.value] : []));
  const model = armModel(values) ?? values('model name')[0] ?? values('cpu')[0] ?? values('uarch')[0] ?? null;
  const numbers = [...values('CPU implementer'), ...values('CPU part')].join(' ');
  const count = rows.find((row) => row.key.value === 'processors');
  return {
    model: model === null ? null : model.replace(/\s+/g, ' '),
    modelReason: model === null ? say.only_processor_numbers({ numbers: numbers || '–' }) : null,
    processors: count ? wholeNumber('cpu', requiredCell('cpu', count.value, 'processors')) : null,
  };
}

/** Logical processors that the machine may use (`nproc`). */
export function parseCpuCount(text: string): number {
  const count = wholeNumber('cpu_count', onlyLine('cpu_count', text));
  if (count < 1) throw new ParseError('cpu_count', `at least one processor expected, got ${String(count)}`);
  return count;
}
