import { writeFileSync } from 'node:fs';
import type { Fleet, FleetMachine } from '../fleet/client.mts';
import { analyse } from './analysis.mts';
import { withDatabase } from './database.mts';
import { memoryOf, type Comparison } from './measure.mts';
import type { Product } from './product.mts';

const BYTES = 100_000_000;
const loud = '/usr/local/sbin/apt-get';
/** Stands before apt on the path: an `update` prints without end, everything else is apt itself. */
const script = `#!/bin/sh
case " $* " in *' --print-uris '*) ;; *' update '*) yes 'Get:1 http://archive.example stable InRelease' | head -c ${String(BYTES)} ;; esac
exec /usr/bin/apt-get "$@"
`;

/** The most that the server held while every machine printed 100 MB, beside what it held before. */
export async function compareMemory(
  product: Product,
  fleet: Fleet,
  machines: readonly FleetMachine[],
): Promise<Comparison[]> {
  const page = (await product.call('GET', '/machines?q=fleet&limit=500')) as { items: { id: string; name: string }[] };
  const names = new Set(machines.map(({ name }) => name));
  const ids = page.items.filter(({ name }) => names.has(name)).map(({ id }) => id);
  for (const { name } of machines) {
    const placed = await fleet.exec(name, ['sh', '-c', `cat >${loud} && chmod 755 ${loud}`], script);
    if (placed.exitCode !== 0) throw new Error(placed.stderr);
  }
  const before = memoryOf(product.pid, 'VmRSS');
  writeFileSync(`/proc/${String(product.pid)}/clear_refs`, '5');
  // Output beyond the limit is cut off, and the analysis says so by failing.
  await withDatabase(product.databaseUrl, (database) => analyse(product, database, ids, true));
  return [
    {
      measure: `peak memory while ${String(ids.length)} machines print 100 MB each`,
      unit: 'MB',
      product: memoryOf(product.pid, 'VmHWM'),
      baseline: 'the same server just before',
      reference: before,
    },
  ];
}
