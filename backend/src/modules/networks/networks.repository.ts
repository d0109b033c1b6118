import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';

/** What people say of a network. */
export interface NetworkFacts {
  readonly name: string;
  readonly ranges: readonly string[];
  /** Jobs at a time on its machines. */
  readonly concurrency: number;
}

export interface NetworkRecord extends NetworkFacts {
  readonly id: string;
  /** Machines in use that belong to it. */
  readonly machines: number;
  /** Jobs on them that hold a place now. */
  readonly running: number;
  /** Jobs on them that have not begun. */
  readonly waiting: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly updatedBy: string | null;
}

/** The only place with SQL that writes networks. */
@Injectable()
export class NetworksRepository {
  /** By name. */
  list(connection: EntityManager | DataSource): Promise<NetworkRecord[]> {
    return queryRows<NetworkRecord>(connection, `${SELECT} ORDER BY lower(n.name), n.id`);
  }

  find(manager: EntityManager, id: string): Promise<NetworkRecord | null> {
    return queryOne<NetworkRecord>(manager, `${SELECT} WHERE n.id = $1`, [id]);
  }

  async insert(manager: EntityManager, id: string, network: NetworkFacts, at: Date, by: string): Promise<void> {
    await affected(manager, INSERT, [id, network.name, network.concurrency, at, by]);
    await this.putRanges(manager, id, network.ranges);
  }

  async update(manager: EntityManager, id: string, network: NetworkFacts, at: Date, by: string): Promise<void> {
    await affected(manager, UPDATE, [id, network.name, network.concurrency, at, by]);
    await affected(manager, 'DELETE FROM network_ranges WHERE network_id = $1', [id]);
    await this.putRanges(manager, id, network.ranges);
  }

  /** Its ranges alone: machines leave it before it goes. */
  async dropRanges(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM network_ranges WHERE network_id = $1', [id]);
  }

  async delete(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM networks WHERE id = $1', [id]);
  }

  /** The first of these ranges that another network has. */
  taken(
    manager: EntityManager,
    id: string,
    ranges: readonly string[],
  ): Promise<{ range: string; name: string } | null> {
    return queryOne(manager, TAKEN, [id, ranges]);
  }

  private async putRanges(manager: EntityManager, id: string, ranges: readonly string[]): Promise<void> {
    const sql = 'INSERT INTO network_ranges (range, network_id) SELECT r::cidr, $1 FROM unnest($2::text[]) AS r';
    await affected(manager, sql, [id, ranges]);
  }
}

const SELECT = `
  SELECT n.id, n.name, n.concurrency, n.created_at AS "createdAt", n.updated_at AS "updatedAt", n.updated_by AS "updatedBy",
    ARRAY(SELECT r.range::text FROM network_ranges r WHERE r.network_id = n.id ORDER BY r.range) AS ranges,
    (SELECT count(*)::int FROM machines m WHERE m.network_id = n.id AND m.deleted_at IS NULL) AS machines,
    (SELECT count(*)::int FROM jobs j JOIN machines m ON m.id = j.machine_id
      WHERE j.status = 'running' AND j.worker_id IS NOT NULL AND m.network_id = n.id) AS running,
    (SELECT count(*)::int FROM jobs j JOIN machines m ON m.id = j.machine_id
      WHERE j.status = 'queued' AND m.network_id = n.id) AS waiting
  FROM networks n`;

const INSERT = `
  INSERT INTO networks (id, name, concurrency, created_at, updated_at, updated_by) VALUES ($1, $2, $3, $4, $4, $5)`;

const UPDATE = 'UPDATE networks SET name = $2, concurrency = $3, updated_at = $4, updated_by = $5 WHERE id = $1';

const TAKEN = `
  SELECT r.range::text AS range, n.name FROM network_ranges r JOIN networks n ON n.id = r.network_id
  WHERE r.range = ANY($2::cidr[]) AND r.network_id <> $1 ORDER BY r.range LIMIT 1`;
