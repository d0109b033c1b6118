import { ParseError, shown } from './parse-error';
import { linesOf, wholeNumber } from './table';

const BYTES_PER_KIB = 1024;

/** Bytes. `availableBytes` is null on kernels before 3.14, which do not estimate it. */
export interface MemoryFacts {
  readonly totalBytes: number;
  readonly availableBytes: number | null;
}

/** Reads the Mem and Swap lines of /proc/meminfo; refuses an answer without MemTotal. */
export function parseMemory(text: string): MemoryFacts {
  const bytes = new Map<string, number>();
  for (const line of linesOf(text)) {
    const [, key, kib] = /^(\w+):\s+(\d+) kB$/.exec(line) ?? [];
    if (key === undefined || kib === undefined)
      throw new ParseError('meminfo', `"Name: N kB" expected, got "${shown(line)}"`);
    bytes.set(key, wholeNumber('meminfo', kib) * BYTES_PER_KIB);
  }
  const totalBytes = bytes.get('MemTotal');
  if (totalBytes === undefined || totalBytes === 0) throw new ParseError('meminfo', 'MemTotal is missing');
  const availableBytes = bytes.get('MemAvailable') ?? null;
  if (availableBytes !== null && availableBytes > totalBytes) {
    throw new ParseError('meminfo', 'more memory is available than there is');
  }
  return { totalBytes, availableBytes };
}
