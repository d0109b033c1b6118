import { writeFileSync } from 'node:fs';
import type { Fleet, FleetMachine } from '../fleet/client.mts';
import { analyse, enrol } from './analysis.mts';
import { withDatabase } from './database.mts';
import { memoryOf, type Comparison } from './measure.mts';
import { startProduct } from './product.mts';
import { succeed } from './replay.mts';

const MB = 1_000_000;
/** What each machine prints, a little first: what is flat takes as much for the lot as for the little. */
const FLOODS = [10 * MB, 100 * MB] as const;
const loud = '/usr/local/sbin/apt-get';

/**
 * Stands before apt on the path: asked for its version, or for an update, it prints so many bytes first. What an update
 * prints goes to the live log, and is cut by the script itself; the rest comes whole.
 */
const flooding = (bytes: number): string => `#!/bin/sh
case " $* " in *' --print-uris '*) ;; *' update '* | *' --version '*) yes 'Get:1 http://archive.example stable InRelease' | head -c ${String(bytes)} ;; esac
exec /usr/bin/apt-get "$@"
`;

/** The most that a fresh, warmed-up server holds while all machines print 100 MB at the same time. */
export async function compareMemory(
  signal: AbortSignal,
  fleet: Fleet,
  machines: readonly FleetMachine[],
): Promise<Comparison[]> {
  const product = await startProduct(signal, machines.length);
  try {
    const ids = await enrol(product, machines);
    return await withDatabase(product.databaseUrl, async (database) => {
      await analyse(product, database, ids);
      const base = memoryOf(product.pid, 'VmRSS');
      const peaks: number[] = [];
      for (const bytes of FLOODS) {
        for (const { name } of machines)
          await succeed(fleet, name, `cat >${loud} && chmod 755 ${loud}`, flooding(bytes));
        // From here on VmHWM is the most since now.
        writeFileSync(`/proc/${String(product.pid)}/clear_refs`, '5');
        // Output beyond the limits is dropped, and the analysis says so by failing.
        const { leastBytes } = await analyse(product, database, ids, true);
        if (leastBytes < bytes) throw new Error(`A machine sent ${String(leastBytes)} bytes only.`);
        peaks.push(memoryOf(product.pid, 'VmHWM'));
      }
      const [little = Number.NaN, lot = Number.NaN] = peaks;
      const measure = `peak memory, ${String(machines.length)} machines print 100 MB each at the same time`;
      const ours = { measure, unit: 'MB', product: lot };
      return [
        { ...ours, baseline: 'the same server just before', reference: base, aim: { most: 300 } },
        { ...ours, baseline: 'they print 10 MB each', reference: little, aim: { ratio: 1.1 } },
      ];
    });
  } finally {
    for (const { name } of machines) await succeed(fleet, name, `rm -f ${loud}`);
    await product.stop();
  }
}
