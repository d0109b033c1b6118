import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../launch/paths.mts';
import { query, withDatabase, type Database } from './database.mts';
import { median, type Comparison } from './measure.mts';

const require = createRequire(import.meta.url);
const { startPostgres } = require('../postgres/embedded.cjs') as typeof import('../postgres/embedded.cjs');
const { growHistory } = require('../growth/history.cjs') as typeof import('../growth/history.cjs');
const product = (file: string): unknown => require(path.join(root, 'dist/backend/src', file));

/** The same of a hundredth of the machines: what a page costs when there is little history. */
const LITTLE = 100;
const PER_MACHINE = { snapshotsPerMachine: 100, packagesPerSnapshot: 100, eventsPerMachine: 1000 };
const PAGES = 200;

interface Source {
  initialize(): Promise<Source>;
  destroy(): Promise<void>;
}
interface Page {
  readonly nextCursor: string | null;
}
interface History {
  events(machineId: string, page: { limit: number; cursor?: string }): Promise<Page>;
}
interface Rule {
  purge(before: Date, signal: AbortSignal): Promise<Record<string, number>>;
}

interface Grown {
  readonly url: string;
  readonly source: Source;
  readonly history: History;
  readonly machineIds: string[];
}

export interface GrowthOptions {
  /** Machines in the large database; of 10,000 a year is 10 million events, 1 million snapshots, 20 million packages. */
  readonly machines: number;
  readonly tell: (line: string) => void;
}

/** What a year of history costs beside a hundredth of it, and dropping a month beside deleting it. */
export async function compareGrowth({ machines, tell }: GrowthOptions): Promise<Comparison[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-growth-'));
  const server = await startPostgres({
    dataDir: path.join(folder, 'postgres'),
    durable: true,
    logFile: path.join(folder, 'postgres.log'),
  });
  const opened: Source[] = [];
  try {
    const until = startOfMonth(new Date());
    const little = await grow(server.url, 'little', LITTLE, until, opened);
    tell(`  growing ${String(machines)} machines for a year …`);
    const large = await grow(server.url, 'large', machines, until, opened);
    tell(`  ${await sizes(large.url)}`);
    return [...(await comparePages(little, large)), ...(await comparePurges(large, until))];
  } finally {
    for (const source of opened) await source.destroy();
    await server.discard();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function grow(server: string, name: string, machines: number, until: Date, opened: Source[]): Promise<Grown> {
  await withDatabase(server, (admin) => query(admin, `CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  require('reflect-metadata');
  const { migrate } = product('kernel/database/migrate.js') as { migrate: (settings: object) => Promise<unknown> };
  const { dataSourceOptions } = product('kernel/database/data-source-options.js') as {
    dataSourceOptions: (settings: object) => object;
  };
  const { makePartitionsAhead } = product('kernel/partitions/partitions.js') as {
    makePartitionsAhead: (source: Source, now: Date) => Promise<string[]>;
  };
  const { HistoryRepository } = product('modules/history/history.repository.js') as {
    HistoryRepository: new (source: Source, contracts: object) => History;
  };
  const { Contracts } = product('kernel/contracts/contracts.js') as { Contracts: new () => object };
  const { DataSource } = require('typeorm') as { DataSource: new (options: object) => Source };
  await migrate({ url: url.href });
  const source = await new DataSource(dataSourceOptions({ url: url.href, statementTimeoutMs: 0 })).initialize();
  opened.push(source);
  for (let month = -12; month <= 0; month += 3) await makePartitionsAhead(source, startOfMonth(until, month));
  const example = path.join(root, 'docs/contracts/examples/apt_update_analyze.v1.json');
  const document = JSON.parse(readFileSync(example, 'utf8')) as object;
  return withDatabase(url.href, async (database) => {
    await growHistory(database, { machines, ...PER_MACHINE, until, document });
    const rows = await query<{ id: string }>(database, 'SELECT id FROM machines ORDER BY random() LIMIT 50');
    return {
      url: url.href,
      source,
      history: new HistoryRepository(source, new Contracts()),
      machineIds: rows.map(({ id }) => id),
    };
  });
}

async function sizes(url: string): Promise<string> {
  return withDatabase(url, async (database) => {
    const rows = await query<{ name: string; megabytes: string; rows: string }>(
      database,
      `SELECT root::regclass::text AS name, round(sum(pg_total_relation_size(c.oid)) / 1e6) AS megabytes,
              round(sum(c.reltuples)) AS rows
         FROM (SELECT oid, COALESCE((SELECT inhparent FROM pg_inherits WHERE inhrelid = t.oid), oid) AS root
                 FROM pg_class t WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) AS c0
         JOIN pg_class c ON c.oid = c0.oid GROUP BY root ORDER BY 2 DESC LIMIT 3`,
    );
    return rows.map(({ name, megabytes, rows: count }) => `${name}: ${count} rows, ${megabytes} MB`).join('; ');
  });
}

/** Pages of random machines, both databases taking turns. */
async function comparePages(little: Grown, large: Grown): Promise<Comparison[]> {
  const times: Record<'first' | 'deep', { little: number[]; large: number[] }> = {
    first: { little: [], large: [] },
    deep: { little: [], large: [] },
  };
  for (let count = 0; count < PAGES; count += 1) {
    for (const [name, grown] of [
      ['little', little],
      ['large', large],
    ] as const) {
      const machineId = grown.machineIds[count % grown.machineIds.length] ?? '';
      let begun = performance.now();
      let page = await grown.history.events(machineId, { limit: 50 });
      times.first[name].push(performance.now() - begun);
      for (let depth = 0; depth < 15 && page.nextCursor !== null; depth += 1) {
        begun = performance.now();
        page = await grown.history.events(machineId, { limit: 50, cursor: page.nextCursor });
      }
      times.deep[name].push(performance.now() - begun);
    }
  }
  return (['first', 'deep'] as const).map((depth) => ({
    measure: `time line of a machine, ${depth === 'first' ? 'first page' : 'page 16 by cursor'}, with a year of history: median`,
    unit: 'ms',
    product: median(times[depth].large),
    baseline: `the same with ${String(LITTLE)} machines' history`,
    reference: median(times[depth].little),
  }));
}

/** One month dropped as retention does it, the next one deleted row by row as one would without partitions. */
async function comparePurges(large: Grown, until: Date): Promise<Comparison[]> {
  const { MachineEventsRetention, SnapshotsRetention } = product('modules/history/retention.js') as Record<
    'MachineEventsRetention' | 'SnapshotsRetention',
    new (source: Source) => Rule
  >;
  const { PlannedPackagesRetention } = product('modules/apt/retention.js') as {
    PlannedPackagesRetention: new (source: Source) => Rule;
  };
  const { lowestId } = product('kernel/database/id-times.js') as { lowestId: (at: Date) => string };
  const [before, after] = [startOfMonth(until, -11), startOfMonth(until, -10)];
  const never = new AbortController().signal;
  const results: Comparison[] = [];
  for (const [table, rule] of [
    ['machine_events', new MachineEventsRetention(large.source)],
    ['apt_planned_packages', new PlannedPackagesRetention(large.source)],
  ] as const) {
    const dropped = await timed(() => rule.purge(before, never));
    const deleted = await timed(() =>
      withDatabase(large.url, (database: Database) =>
        query(database, `DELETE FROM ${table} WHERE id >= $1 AND id < $2`, [lowestId(before), lowestId(after)]),
      ),
    );
    results.push({
      measure: `${table}: a month forgotten`,
      unit: 'ms',
      product: dropped,
      baseline: 'DELETE of the month after it',
      reference: deleted,
    });
  }
  const snapshots = await timed(() => new SnapshotsRetention(large.source).purge(before, never));
  const [{ rows } = { rows: 0 }] = await withDatabase(large.url, (database) =>
    query<{ rows: number }>(database, 'SELECT count(*)::int AS rows FROM snapshots WHERE created_at < $1', [after]),
  );
  const plain = await timed(() =>
    withDatabase(large.url, (database) =>
      query(database, `DELETE FROM snapshots WHERE created_at < $1 AND content_snapshot_id IS NOT NULL`, [after]),
    ),
  );
  results.push({
    measure: `snapshots: a month forgotten in batches (${String(rows)} in the month after)`,
    unit: 'ms',
    product: snapshots,
    baseline: 'one DELETE of the month after, sharing ones only',
    reference: plain,
  });
  return results;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function startOfMonth(at: Date, later = 0): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later));
}
