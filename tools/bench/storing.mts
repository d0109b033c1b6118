import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../launch/paths.mts';
import { copyFrom, copyText, query, withDatabase, type CopyValue, type Database } from './database.mts';
import { median, type Comparison } from './measure.mts';

const require = createRequire(import.meta.url);
const kernel = path.join(root, 'dist/backend/src/kernel/database');

interface Connection {
  initialize(): Promise<unknown>;
  destroy(): Promise<void>;
}
type Row = Readonly<Record<string, CopyValue>>;

const columns = {
  id: 'uuid',
  snapshot_id: 'uuid',
  machine_id: 'uuid',
  mode: 'text',
  name: 'text',
  arch: 'text',
  current_version: 'text',
  target_version: 'text',
  origin: 'text',
  operation: 'text',
  reason: 'text',
  reason_detail: 'text',
  is_security: 'boolean',
  dedup_key: 'text',
} as const;
const names = Object.keys(columns);

function plan(snapshotId: string, machineId: string, packages: number): Row[] {
  return Array.from({ length: packages }, (_none, index) => ({
    id: randomUUID(),
    snapshot_id: snapshotId,
    machine_id: machineId,
    mode: 'dist_upgrade',
    name: `package-${String(index)}`,
    arch: 'amd64',
    current_version: `1.${String(index)}-1+deb12u1`,
    target_version: `1.${String(index)}-1+deb12u2`,
    origin: 'Debian-Security:12/stable-security',
    operation: 'upgrade',
    reason: null,
    reason_detail: null,
    is_security: index % 3 === 0,
    dedup_key: `package-${String(index)}:amd64:1.${String(index)}-1+deb12u2`,
  }));
}

async function snapshot(database: Database): Promise<{ snapshotId: string; machineId: string }> {
  const [row] = await query<{ snapshotId: string; machineId: string }>(
    database,
    `INSERT INTO snapshots (id, machine_id, kind, created_at, status, payload_json)
     SELECT gen_random_uuid(), id, 'apt_update_analyze', now(), 'ok', '{}' FROM machines LIMIT 1
     RETURNING id AS "snapshotId", machine_id AS "machineId"`,
  );
  if (row === undefined) throw new Error('No machine to store an analysis for.');
  return row;
}

/** The product's bulk insert beside COPY of the same rows, each committed; both make their text within the time. */
export async function compareStoring(databaseUrl: string, packages: number, rounds: number): Promise<Comparison[]> {
  require('reflect-metadata');
  const { DataSource } = require('typeorm') as { DataSource: new (options: unknown) => Connection };
  const { dataSourceOptions } = require(path.join(kernel, 'data-source-options.js')) as {
    dataSourceOptions: (settings: { url: string }) => object;
  };
  const { bulkInsert } = require(path.join(kernel, 'bulk-insert.js')) as {
    bulkInsert: (connection: Connection, table: string, shape: object, rows: readonly Row[]) => Promise<number>;
  };
  const product = new DataSource(dataSourceOptions({ url: databaseUrl }));
  await product.initialize();
  try {
    return await withDatabase(databaseUrl, async (database) => {
      const { snapshotId, machineId } = await snapshot(database);
      const ways = [
        (rows: readonly Row[]) => bulkInsert(product, 'apt_planned_packages', columns, rows),
        (rows: readonly Row[]) =>
          copyFrom(
            database,
            `COPY apt_planned_packages (${names.join(', ')}) FROM STDIN`,
            copyText(rows.map((row) => names.map((name) => row[name] ?? null))),
          ),
      ];
      const times: number[][] = ways.map(() => []);
      for (let round = 0; round <= rounds; round += 1) {
        for (const [index, store] of ways.entries()) {
          const rows = plan(snapshotId, machineId, packages);
          const begun = performance.now();
          await store(rows);
          if (round > 0) times[index]?.push(performance.now() - begun);
          await removeStored(database, snapshotId, packages);
        }
      }
      const [ours = [], copy = []] = times;
      const measure = `storing ${String(packages)} planned packages: median`;
      return [
        { measure, unit: 'ms', product: median(ours), baseline: 'COPY', reference: median(copy), aim: { ratio: 3 } },
      ];
    });
  } finally {
    await product.destroy();
  }
}

/** Also proves that everything was there. */
async function removeStored(database: Database, snapshotId: string, packages: number): Promise<void> {
  const { rowCount } = await database.query('DELETE FROM apt_planned_packages WHERE snapshot_id = $1', [snapshotId]);
  if (rowCount !== packages) throw new Error(`${String(rowCount)} rows were stored instead of ${String(packages)}.`);
  await database.query('VACUUM apt_planned_packages');
}
