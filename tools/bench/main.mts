import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Fleet, type FleetMachine } from '../fleet/client.mts';
import { build } from '../launch/build.mts';
import { CommandError, fail, say } from '../launch/output.mts';
import { demoPackages, ensurePackages, isRoot } from '../launch/packages.mts';
import { compareAnalysis, enrol } from './analysis.mts';
import { compareBytes, compareChangeBytes } from './bytes.mts';
import { countConnections } from './connections.mts';
import { compareDashboard } from './dashboard.mts';
import { withDatabase } from './database.mts';
import { compareFollowing, compareLive } from './following.mts';
import { compareGrowth } from './growth.mts';
import { compareJobs } from './jobs.mts';
import { table, type Comparison } from './measure.mts';
import { compareMemory } from './memory.mts';
import { startProduct, type Product } from './product.mts';
import { replayFrom, workAgain } from './replay.mts';
import { compareMinute, compareSchedules } from './schedules.mts';
import { compareStoring } from './storing.mts';
import { compareUpgrade, planMany } from './upgrade.mts';

/**
 * `npm run bench`: what the product costs beside the least that could do the same, in one run on one box, as ratios.
 * Nothing here is a limit that a run must keep.
 */
const SEEDED = 10_000;
const PACKAGES = 2_000;
/** What the fleet's state `many` offers at once. */
const MANY = 2_000;
/** Jobs at a time, in the product and in every baseline. */
const PARALLEL = 20;

/** In this order; `--only` chooses. The list comes after the analyses: it adds ten thousand machines. */
const STEPS = [
  'analysis',
  'bytes',
  'connections',
  'replay',
  'upgrade',
  'live',
  'list',
  'storing',
  'memory',
  'following',
  'jobs',
  'schedules',
  'minute',
] as const;
/** These need no machines. */
const WITHOUT_MACHINES: readonly Step[] = ['jobs', 'schedules', 'minute'];
/** These start a server of their own. */
const ON_THEIR_OWN: readonly Step[] = [...WITHOUT_MACHINES, 'memory', 'following'];
type Step = (typeof STEPS)[number];

const { values: options } = parseArgs({
  options: {
    machines: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    ansible: { type: 'boolean', default: false },
    only: { type: 'string', default: STEPS.join(',') },
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

function chosenSteps(): ReadonlySet<Step> {
  const names = options.only.split(',');
  const wrong = names.find((name) => !STEPS.some((step) => step === name));
  if (wrong !== undefined) throw new CommandError(`--only takes ${STEPS.join(', ')}; not "${wrong}".`);
  return new Set(names as Step[]);
}

async function obstacle(fleet: Fleet): Promise<string | undefined> {
  if (process.platform !== 'linux' || !isRoot()) return 'real machines need root on Linux';
  const missing = await ensurePackages(
    [...demoPackages, ...(options.ansible ? ['ansible' as const] : [])],
    stopped.signal,
  );
  return missing.length > 0 ? `missing Debian packages: ${missing.join(', ')}` : fleet.missing();
}

/** The steps that share one server. */
async function measure(
  product: Product,
  fleet: Fleet,
  machines: readonly FleetMachine[],
  run: (step: Step, work: () => Promise<Comparison[]>) => Promise<void>,
): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'system-update-bench-script-'));
  try {
    const ids = await enrol(product, machines);
    const common = { rounds: wholeNumber('rounds', 50), parallel: PARALLEL, scratch };
    await run('analysis', () =>
      compareAnalysis(product, machines, ids, { ...common, ansible: options.ansible, of: 'analysis' }),
    );
    // What the analyses above have left.
    await run('bytes', () => withDatabase(product.databaseUrl, compareBytes));
    await run('connections', () => countConnections(product, fleet, machines.slice(0, 4), ids.slice(0, 4)));
    await run('replay', async () => {
      await replayFrom(fleet, machines);
      const of = 'analysis by recorded answers';
      const results = await compareAnalysis(product, machines, ids, { ...common, ansible: false, of });
      await workAgain(fleet, machines);
      return results;
    });
    await run('upgrade', async () => {
      const [machine, id] = [machines[0], ids[0]];
      if (machine === undefined || id === undefined) throw new Error('There is no machine to upgrade.');
      const times = await compareUpgrade(product, fleet, machine, id, common.rounds);
      await planMany(product, fleet, machine, id);
      return [...times, ...(await withDatabase(product.databaseUrl, (database) => compareChangeBytes(database, MANY)))];
    });
    await run('live', () => compareLive(product, fleet, machines.slice(0, PARALLEL), ids.slice(0, PARALLEL)));
    await run('list', () => compareDashboard(product, SEEDED, 200));
    await run('storing', () => compareStoring(product.databaseUrl, PACKAGES, 20));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measureAll(fleet: Fleet, machines: readonly FleetMachine[]): Promise<Comparison[]> {
  const steps = chosenSteps();
  const grown = wholeNumber('growth', SEEDED, 0);
  const results: Comparison[] = [];
  const run = async (step: Step | 'growth', work: () => Promise<Comparison[]>): Promise<void> => {
    if (step === 'growth' ? grown === 0 : !steps.has(step)) return;
    stopped.signal.throwIfAborted();
    tell(`Measuring: ${step} …`);
    const measured = await Promise.race([work(), interruption]);
    // Shown at once as well: a run takes most of an hour, and may be interrupted.
    tell(table(measured));
    results.push(...measured);
  };
  if (STEPS.some((step) => !ON_THEIR_OWN.includes(step) && steps.has(step))) {
    const product = await startProduct(stopped.signal, PARALLEL);
    try {
      await measure(product, fleet, machines, run);
    } finally {
      await product.stop();
    }
  }
  await run('memory', () => compareMemory(stopped.signal, fleet, machines));
  await run('following', () => compareFollowing(stopped.signal, fleet, machines));
  await run('jobs', compareJobs);
  await run('schedules', () => compareSchedules({ tell }));
  await run('minute', () => compareMinute({ tell }));
  await run('growth', () => compareGrowth({ machines: grown, tell }));
  return results;
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
  wholeNumber('growth', SEEDED, 0);
  const [loadBefore = 0] = loadavg();
  const fleet = new Fleet({
    root: process.env['FLEET_ROOT'] ?? '/var/lib/system-update-bench',
    net: process.env['FLEET_NET'] ?? '127.0.60',
    apt: process.env['FLEET_APT'] ?? '127.0.60.254:8490',
  });
  const steps = chosenSteps();
  if ([...steps].every((step) => WITHOUT_MACHINES.includes(step))) {
    print(await measureAll(fleet, []), loadBefore);
    return;
  }
  const problem = await obstacle(fleet);
  if (problem !== undefined) throw new CommandError(`The bench cannot run here: ${problem}.`);
  await build({ only: 'server', signal: stopped.signal });
  await withMachines(fleet, count, async (machines) => print(await measureAll(fleet, machines), loadBefore));
}

async function withMachines(
  fleet: Fleet,
  count: number,
  work: (machines: readonly FleetMachine[]) => Promise<void>,
): Promise<void> {
  try {
    tell(`Starting ${String(count)} Debian machines …`);
    await fleet.down();
    const variant = options.ansible ? { variant: 'python' as const } : {};
    const machines = await fleet.up(count, { suite: 'bookworm', bulkSsh: true, ...variant });
    stopped.signal.throwIfAborted();
    for (const { name } of machines) await fleet.scenario(name, 'plain', 'security', 'held', 'new-dependency');
    await work(machines);
  } finally {
    await fleet.down();
  }
}

main().catch(fail);
