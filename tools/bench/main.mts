import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Fleet, type FleetMachine } from '../fleet/client.mts';
import { build } from '../launch/build.mts';
import { CommandError, fail, say } from '../launch/output.mts';
import { demoPackages, ensurePackages, isRoot } from '../launch/packages.mts';
import { compareAnalysis } from './analysis.mts';
import { compareDashboard } from './dashboard.mts';
import { compareGrowth } from './growth.mts';
import { table, type Comparison } from './measure.mts';
import { compareMemory } from './memory.mts';
import { startProduct, type Product } from './product.mts';
import { compareStoring } from './storing.mts';

/**
 * `npm run bench`: what the product costs beside the least that could do the same, in one run on one box, as ratios.
 * Nothing here is a limit that a run must keep.
 */
const SEEDED = 10_000;
const PACKAGES = 2_000;
/** Jobs at a time, in the product and in every baseline. */
const PARALLEL = 20;

const { values: options } = parseArgs({
  options: {
    machines: { type: 'string', default: '12' },
    rounds: { type: 'string', default: '3' },
    ansible: { type: 'boolean', default: false },
    // A year of ten thousand machines takes most of an hour and 15 GB to make; a number makes it that many machines.
    growth: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopped.abort(new CommandError('Interrupted.'));
  });
}

/** Ends the waiting for a step; what the step started ends with what it hangs on. */
const interruption = new Promise<never>((_resolve, reject) => {
  stopped.signal.addEventListener('abort', () => reject(stopped.signal.reason as CommandError));
});
interruption.catch(() => undefined);

function wholeNumber(name: 'machines' | 'rounds' | 'growth', most: number, least = 1): number {
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CommandError(`--${name} is a whole number from ${String(least)} to ${String(most)}.`);
  }
  return value;
}

/** What is going on, apart from the result. */
function tell(line: string): void {
  if (!options.json) say(line);
}

async function obstacle(fleet: Fleet): Promise<string | undefined> {
  if (process.platform !== 'linux' || !isRoot()) return 'real machines need root on Linux';
  const missing = await ensurePackages(demoPackages, stopped.signal);
  return missing.length > 0 ? `missing Debian packages: ${missing.join(', ')}` : fleet.missing();
}

async function measure(product: Product, fleet: Fleet, machines: readonly FleetMachine[]): Promise<Comparison[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'system-update-bench-script-'));
  try {
    const analysis = { rounds: wholeNumber('rounds', 50), parallel: PARALLEL, ansible: options.ansible, scratch };
    const steps: readonly (readonly [string, () => Promise<Comparison[]>])[] = [
      ['Analysing …', () => compareAnalysis(product, machines, analysis)],
      // Before the seeding: it also tells the size of a server that has only worked.
      ['Flooding …', () => compareMemory(product, fleet, machines)],
      ['Listing …', () => compareDashboard(product, SEEDED, 200)],
      ['Storing …', () => compareStoring(product.databaseUrl, PACKAGES, 20)],
    ];
    const grown = wholeNumber('growth', SEEDED, 0);
    const results: Comparison[] = [];
    for (const [line, step] of steps) {
      stopped.signal.throwIfAborted();
      tell(line);
      results.push(...(await Promise.race([step(), interruption])));
    }
    if (grown > 0) {
      tell('Growing …');
      results.push(...(await Promise.race([compareGrowth({ machines: grown, tell }), interruption])));
    }
    return results;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function print(results: readonly Comparison[], loadBefore: number): void {
  const [loadAfter = 0] = loadavg();
  if (options.json) {
    const rows = results.map((row) => ({ ...row, ratio: row.product / row.reference }));
    say(JSON.stringify({ loadBefore, loadAfter, results: rows }, undefined, 2));
    return;
  }
  say(`\n${table(results)}`);
  say(
    `\nLoad of the box ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after: what else runs makes figures rough.`,
  );
}

async function main(): Promise<void> {
  const count = wholeNumber('machines', 200);
  const [loadBefore = 0] = loadavg();
  const fleet = new Fleet({
    root: process.env['FLEET_ROOT'] ?? '/var/lib/system-update-bench',
    net: process.env['FLEET_NET'] ?? '127.0.60',
    apt: process.env['FLEET_APT'] ?? '127.0.60.254:8490',
  });
  const problem = await obstacle(fleet);
  if (problem !== undefined) throw new CommandError(`The bench cannot run here: ${problem}.`);
  await build({ only: 'server', signal: stopped.signal });
  try {
    tell(`Starting ${String(count)} Debian machines …`);
    await fleet.down();
    const machines = await fleet.up(count, { suite: 'bookworm', bulkSsh: true });
    stopped.signal.throwIfAborted();
    for (const { name } of machines) await fleet.scenario(name, 'plain', 'security', 'held', 'new-dependency');
    const product = await startProduct(stopped.signal, PARALLEL);
    try {
      print(await measure(product, fleet, machines), loadBefore);
    } finally {
      await product.stop();
    }
  } finally {
    await fleet.down();
  }
}

main().catch(fail);
