import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { FleetMachine } from '../fleet/client.mts';
import { analysisScript, ansible, ssh2Loop, sshXargs, type Contender, type LoopJob, type Round } from './baselines.mts';
import { cpuOf, median, type Comparison } from './measure.mts';
import type { Product } from './product.mts';
import { query, withDatabase, type Database } from './database.mts';

const IDLE_MS = 5_000;
const JOBS_LIMIT_MS = 600_000;

export interface AnalysisOptions {
  readonly rounds: number;
  readonly parallel: number;
  readonly ansible: boolean;
  readonly scratch: string;
  /** What the machines do, in the names of the measures. */
  readonly of: string;
}

/** Adds the machines with the host keys that they were started with. @returns their ids, in the same order */
export async function enrol(product: Product, machines: readonly FleetMachine[]): Promise<string[]> {
  const inventory = machines.map((machine) => ({
    name: machine.name,
    hostname: machine.address,
    port: machine.port,
    username: 'root',
    credentials: { authMethod: 'ssh_key', privateKey: readFileSync(machine.keyPath, 'utf8'), sudoMode: 'none' },
    hostKey: machine.hostKey,
    tags: [],
  }));
  await product.server.command(['enrol'], JSON.stringify({ machines: inventory, analyse: false }));
  const page = (await product.call('GET', '/machines?limit=500')) as { items: { id: string; name: string }[] };
  const ids = new Map(page.items.map(({ id, name }) => [name, id]));
  return machines.map(({ name }) => ids.get(name) ?? '');
}

/** What came of one analysis of many machines. */
export interface Analysed {
  /** From the request to the last job's end, in ms. */
  readonly wall: number;
  /** The least that one machine sent. */
  readonly leastBytes: number;
}

/**
 * Analyses these machines and waits for the last one. The waiting asks the database, not the product, whose CPU time
 * would count the questions.
 *
 * @param mayFail whether analyses that end with an error count too
 */
export async function analyse(
  product: Product,
  database: Database,
  machineIds: readonly string[],
  mayFail = false,
): Promise<Analysed> {
  const begun = Date.now();
  const answer = (await product.call('POST', '/actions/apt_update_analyze/run', { machineIds })) as {
    jobs: { jobId: string }[];
    skipped: { message: string }[];
  };
  if (answer.skipped.length > 0) throw new Error(`Skipped: ${answer.skipped[0]?.message ?? ''}`);
  const ids = answer.jobs.map(({ jobId }) => jobId);
  for (;;) {
    const [row] = await query<{ waiting: number; failed: string | null; ended: Date; least: string | null }>(
      database,
      `SELECT count(*) FILTER (WHERE status IN ('queued', 'running'))::integer AS waiting,
              max(error_message) FILTER (WHERE status = 'error') AS failed, max(finished_at) AS ended,
              min((result_json ->> 'received_bytes')::bigint) AS least
         FROM jobs WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    if (row === undefined || Date.now() - begun > JOBS_LIMIT_MS) throw new Error('The analysis did not end.');
    if (row.failed !== null && !mayFail) throw new Error(`An analysis failed: ${row.failed}`);
    if (row.waiting === 0) return { wall: row.ended.getTime() - begun, leastBytes: Number(row.least ?? 0) };
    await delay(50);
  }
}

async function idleShare(pid: number): Promise<number> {
  const [before, begun] = [cpuOf(pid), performance.now()];
  await delay(IDLE_MS);
  return (cpuOf(pid) - before) / (performance.now() - begun);
}

/** The product's own process, PostgreSQL apart, without what it spends when nothing is asked of it. */
function contender(product: Product, database: Database, machineIds: readonly string[]): Contender {
  let idle: number | undefined;
  return {
    name: 'product',
    round: async (): Promise<Round> => {
      idle ??= await idleShare(product.pid);
      const before = cpuOf(product.pid);
      const { wall } = await analyse(product, database, machineIds);
      return { cpu: Math.max(0, cpuOf(product.pid) - before - idle * wall), wall };
    },
    stop: () => Promise.resolve(),
  };
}

/** What the bare loop does on these machines in one round. */
export function loopJob(machines: readonly FleetMachine[], parallel: number): LoopJob {
  const [first] = machines;
  if (first === undefined) throw new Error('No machines.');
  const hosts = machines.map(({ address }) => address);
  return { hosts, port: first.port, keyPath: first.keyPath, script: analysisScript(), parallel };
}

/** Same machines, same script, same parallelism; rounds take turns, so that a busy box is busy for all. */
export async function compareAnalysis(
  product: Product,
  machines: readonly FleetMachine[],
  machineIds: readonly string[],
  options: AnalysisOptions,
): Promise<Comparison[]> {
  const job = loopJob(machines, options.parallel);
  const scriptFile = `${options.scratch}/analysis.sh`;
  writeFileSync(scriptFile, job.script);
  return withDatabase(product.databaseUrl, async (database) => {
    const own = contender(product, database, machineIds);
    const others = [
      { ...ssh2Loop(job), aims: { cpu: 2, wall: 1.2 } },
      { ...sshXargs(job, scriptFile), aims: {} },
      ...(options.ansible ? [{ ...ansible(job), aims: { cpu: 0.1 } }] : []),
    ];
    try {
      const [ours, ...theirs] = await takeTurns([own, ...others], options.rounds);
      return others.flatMap(({ name, aims }, index) => {
        const reference = theirs[index];
        if (ours === undefined || reference === undefined) return [];
        return lines(
          `${options.of} of ${String(machines.length)} machines`,
          name,
          aims,
          perMachine(ours, machines.length),
          perMachine(reference, machines.length),
        );
      });
    } finally {
      for (const other of others) await other.stop();
    }
  });
}

/** One round to warm up, then the counted ones. @returns the median of each contender */
async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Round[]> {
  const results: Round[][] = contenders.map(() => []);
  for (let count = 0; count <= rounds; count += 1) {
    for (const [index, one] of contenders.entries()) {
      const round = await one.round();
      if (count > 0) results[index]?.push(round);
    }
  }
  return results.map((all) => ({ cpu: median(all.map(({ cpu }) => cpu)), wall: median(all.map(({ wall }) => wall)) }));
}

function perMachine({ cpu, wall }: Round, machines: number): Round {
  return { cpu: cpu / machines, wall };
}

function lines(
  of: string,
  baseline: string,
  aims: { readonly cpu?: number; readonly wall?: number },
  ours: Round,
  theirs: Round,
): Comparison[] {
  const aim = (ratio: number | undefined) => (ratio === undefined ? {} : { aim: { ratio } });
  return [
    {
      measure: `${of}: CPU per machine`,
      unit: 'ms',
      product: ours.cpu,
      baseline,
      reference: theirs.cpu,
      ...aim(aims.cpu),
    },
    {
      measure: `${of}: wall time`,
      unit: 'ms',
      product: ours.wall,
      baseline,
      reference: theirs.wall,
      ...aim(aims.wall),
    },
  ];
}
