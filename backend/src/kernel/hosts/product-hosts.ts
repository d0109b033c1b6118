import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { affected, queryRows } from '../database/rows';

const REGISTER_EVERY_MS = 10 * 60_000;
/** A process that was not heard of for so long has gone, and its host is an ordinary machine again. */
const SEEN_WITHIN_HOURS = 24;

/** The machines that processes of this program run on. */
export interface OwnHosts {
  readonly machineIds: ReadonlySet<string>;
  /** Every process knows its machine: one that is not among them is none of ours. */
  readonly complete: boolean;
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

  /** Of all processes that live or did lately, on whatever machine. */
  async seenLately(): Promise<OwnHosts> {
    const rows = await queryRows<{ machineId: string }>(this.database, SEEN, [SEEN_WITHIN_HOURS]);
    const machineIds = new Set(rows.map(({ machineId }) => machineId));
    const unknown = machineIds.delete('');
    return { machineIds, complete: !unknown && machineIds.size > 0 };
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
  INSERT INTO product_hosts (host, machine_id, seen_at) VALUES ($1, $2, clock_timestamp())
  ON CONFLICT (host, machine_id) DO UPDATE SET seen_at = EXCLUDED.seen_at`;

const SEEN = `
  SELECT machine_id AS "machineId" FROM product_hosts WHERE seen_at > clock_timestamp() - make_interval(hours => $1)`;

const FORGET = 'DELETE FROM product_hosts WHERE seen_at < clock_timestamp() - make_interval(hours => $1)';
