import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../launch/paths.mts';
import { query, withDatabase, type Database } from './database.mts';

/**
 * Rooms of the product put together as its tests do, on a PostgreSQL of their own that makes what it commits durable; only
 * the machines are played.
 */
export const require = createRequire(import.meta.url);
const { startPostgres } = require('../postgres/embedded.cjs') as typeof import('../postgres/embedded.cjs');
export const support = (file: string): unknown => require(path.join(root, 'backend/test/support', file));
export const source = (file: string): unknown => require(path.join(root, 'backend/src', file));

/** A played machine's end of a run. */
interface Played {
  otherwise(behaviour: () => unknown): void;
}

/** What of the room of jobs the bench touches. */
export interface Jobs {
  readonly dataSource: { readonly logger: { logQuery: (sql: string) => void } };
  readonly contracts: { register(...contracts: readonly unknown[]): void };
  readonly clock: object;
  readonly events: {
    readonly published: object[];
    handler: ((event: object, tx: object) => Promise<void>) | undefined;
  };
  readonly remote: Played;
  readonly registry: { register(action: unknown): void };
  machine(name: string): Promise<string>;
  enqueue(machineId: string, more: object): Promise<{ readonly id: string }>;
  work(settings: object): unknown;
  close(): Promise<void>;
}

/** Starts PostgreSQL in a folder that goes away with it. */
export async function withServer<T>(name: string, work: (url: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), `system-update-${name}-`));
  const server = await startPostgres({
    dataDir: path.join(folder, 'postgres'),
    durable: true,
    logFile: path.join(folder, 'postgres.log'),
  });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Room {
  readonly database: Database;
  readonly url: string;
  readonly jobs: Jobs;
}

/** The room of jobs, with one reading action, on a database of its own. */
export async function withJobs<T>(server: string, name: string, work: (room: Room) => Promise<T>): Promise<T> {
  await withDatabase(server, (admin) => query(admin, `CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  require('reflect-metadata');
  require('../typescript-loader.cjs');
  const { migrate } = source('kernel/database/migrate.ts') as { migrate: (settings: object) => Promise<unknown> };
  const { JobsProcess } = support('jobs-process.ts') as {
    JobsProcess: { open(url: string, actions: readonly unknown[]): Promise<Jobs> };
  };
  const { fakeAction } = support('jobs-fakes.ts') as { fakeAction: () => unknown };
  await migrate({ url: url.href });
  const jobs = await JobsProcess.open(url.href, [fakeAction()]);
  try {
    return await withDatabase(url.href, (database) => work({ database, url: url.href, jobs }));
  } finally {
    await jobs.close();
  }
}

/** Adds so many machines that may be worked on. @returns their ids */
export async function addMachines(database: Database, count: number): Promise<string[]> {
  await query(database, MACHINE_ROWS, [count]);
  return (await query<{ id: string }>(database, 'SELECT id FROM machines')).map(({ id }) => id);
}

const MACHINE_ROWS = `
  WITH machine AS (
    INSERT INTO machines (id, name, hostname, os_family, username, status, created_at, updated_at)
    SELECT gen_random_uuid(), 'machine ' || n, 'm' || n || '.example', 'debian', 'admin', 'active', now(), now()
    FROM generate_series(1, $1::integer) AS n RETURNING id),
  state AS (
    INSERT INTO machine_state (machine_id, status, updated_at) SELECT id, 'unknown', now() FROM machine),
  credentials AS (
    INSERT INTO machine_credentials (machine_id, auth_method, sudo_mode, created_at, updated_at)
    SELECT id, 'password', 'none', now(), now() FROM machine)
  INSERT INTO machine_host_keys (id, machine_id, hostname, port, fingerprint_sha256, status, first_seen_at, last_seen_at)
  SELECT gen_random_uuid(), id, id::text, 22, 'SHA256:' || id, 'approved', now(), now() FROM machine`;
