import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { affected, queryOne, queryRows } from '../database/rows';
import { sqlState } from '../database/transaction';

const REGISTER_EVERY_MS = 10 * 60_000;
/** A process that was not heard of for so long has gone, and its host is an ordinary machine again. */
const SEEN_WITHIN_HOURS = 24;
/**
 * One that sees no id makes all others uncertain, so it counts only as long as it lives: a container that was made anew, now with
 * an id, ends that. It has missed two of its turns.
 */
const UNKNOWN_WITHIN_MINUTES = 30;
/** The database's user may not ask, or its server is too old to tell. */
const NOT_TOLD = ['42501', '42883'];

/** A running PostgreSQL server, as it can be told apart on whatever machine or in whatever container it runs. */
export interface DatabaseServer {
  /** Of its cluster, for ever; copies of the cluster have the same. */
  readonly systemIdentifier: string;
  /** Seconds since 1970, by the clock of its machine. */
  readonly startedAt: number;
}

/** The machines that this program runs on. */
export interface OwnHosts {
  /** Of those that its processes run on. */
  readonly machineIds: ReadonlySet<string>;
  /** Every process knows its machine: one that is not among them is none of ours. */
  readonly complete: boolean;
  /** Its database; null: it does not tell. */
  readonly database: DatabaseServer | null;
}

/** Each process says at its start and from then on which machine it runs on; all of them ask for the machines of all. */
@Injectable()
export class ProductHosts implements OnApplicationBootstrap {
  private readonly logger = new Logger(ProductHosts.name);

  constructor(private readonly database: DataSource) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.register();
  }

  @Interval(REGISTER_EVERY_MS)
  async regularly(): Promise<void> {
    await this.register();
  }

  /** Of all processes that live or did lately, on whatever machine, and of the database. */
  async seenLately(): Promise<OwnHosts> {
    const rows = await queryRows<{ machineId: string }>(this.database, SEEN, [
      SEEN_WITHIN_HOURS,
      UNKNOWN_WITHIN_MINUTES,
    ]);
    const machineIds = new Set(rows.map(({ machineId }) => machineId));
    const unknown = machineIds.delete('');
    return { machineIds, complete: !unknown && machineIds.size > 0, database: await this.databaseServer() };
  }

  private async databaseServer(): Promise<DatabaseServer | null> {
    try {
      return await queryOne<DatabaseServer>(this.database, DATABASE);
    } catch (error) {
      if (NOT_TOLD.includes(sqlState(error) ?? '')) return null;
      throw error;
    }
  }

  /** A plan that does not know says so: no process waits with its start for this. */
  private async register(): Promise<void> {
    try {
      await affected(this.database, REGISTER, [hostname(), await readMachineId()]);
      await affected(this.database, FORGET, [SEEN_WITHIN_HOURS]);
    } catch (error) {
      this.logger.warn({ err: error }, 'The host of this process could not be noted; it is tried again.');
    }
  }
}

/** Empty where there is none, as in a container into which none is mounted, or where Docker has put a folder for it. */
async function readMachineId(): Promise<string> {
  try {
    const id = (await readFile('/etc/machine-id', 'utf8')).trim();
    return /^[0-9a-f]{32}$/.test(id) ? id : '';
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

const REGISTER = `
  INSERT INTO product_hosts (host, machine_id, seen_at) VALUES ($1, $2, database_now())
  ON CONFLICT (host, machine_id) DO UPDATE SET seen_at = EXCLUDED.seen_at`;

const SEEN = `
  SELECT machine_id AS "machineId" FROM product_hosts
   WHERE seen_at > database_now()
     - CASE WHEN machine_id = '' THEN make_interval(mins => $2) ELSE make_interval(hours => $1) END`;

const DATABASE = `
  SELECT system_identifier::text AS "systemIdentifier", extract(epoch FROM pg_postmaster_start_time())::float8 AS "startedAt"
    FROM pg_control_system()`;

const FORGET = 'DELETE FROM product_hosts WHERE seen_at < database_now() - make_interval(hours => $1)';
