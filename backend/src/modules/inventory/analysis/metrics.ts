import type { ProbeMetrics } from '../contracts/machine-probe.v1';
import type { CpuFacts } from '../parsers/cpu';
import type { MemoryFacts } from '../parsers/memory';
import { parseLoadAverage } from '../parsers/system-facts';
import type { FileSystems } from './file-system-list';
import { chain, given, isMissing, map, type Measured, type ReasonBook } from './measured';
import type { SectionReader } from './probe-sections';
import { say } from '../inventory.sentences';

/** Logical processors: what the machine may use, else what the kernel lists. */
export function coresOf(count: Measured<number>, cpu: Measured<CpuFacts>): Measured<number> {
  if (!isMissing(count) || isMissing(cpu) || cpu.value.processors === null) return count;
  return { value: cpu.value.processors };
}

function percentOfMemory(memory: MemoryFacts): number | null {
  if (memory.availableBytes === null) return null;
  return Math.round(((memory.totalBytes - memory.availableBytes) / memory.totalBytes) * 1000) / 10;
}

function rootPercent({ list, unread }: FileSystems): Measured<number> {
  if (unread !== null) return unread;
  const root = list?.find((fileSystem) => fileSystem.mount_point === '/');
  const reason = root ? say.df_silent_root() : say.df_no_root();
  return given(root?.used_percent, 'not_readable', reason);
}

/** The machine's latest metrics, without warnings. */
export function findMetrics(
  reader: SectionReader,
  memory: Measured<MemoryFacts>,
  cores: Measured<number>,
  fileSystems: FileSystems,
  book: ReasonBook,
): Omit<ProbeMetrics, 'warnings'> {
  const load = reader.read('loadavg', parseLoadAverage);
  const take = <T>(field: keyof ProbeMetrics, measured: Measured<T>): T | null =>
    book.take(`metrics.${field}`, measured);
  const estimate = <T>(step: (facts: MemoryFacts) => T | null): Measured<T> =>
    chain(memory, (facts) => given(step(facts), 'not_present', say.no_memory_estimate()));
  return {
    load1: take(
      'load1',
      map(load, (read) => read.load1),
    ),
    load5: take(
      'load5',
      map(load, (read) => read.load5),
    ),
    cores: take('cores', cores),
    memory_total_bytes: take(
      'memory_total_bytes',
      map(memory, (facts) => facts.totalBytes),
    ),
    memory_used_bytes: take(
      'memory_used_bytes',
      estimate((facts) => (facts.availableBytes === null ? null : facts.totalBytes - facts.availableBytes)),
    ),
    memory_available_bytes: take(
      'memory_available_bytes',
      estimate((facts) => facts.availableBytes),
    ),
    memory_used_percent: take('memory_used_percent', estimate(percentOfMemory)),
    filesystems: fileSystems.list,
    root_used_percent: take('root_used_percent', rootPercent(fileSystems)),
  };
}
