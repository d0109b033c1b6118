import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../../kernel/database/ids';
import { affected, queryRows } from '../../kernel/database/rows';
import type { PresentedHostKey } from '../../kernel/ssh/host-key';
import type { HostKeyStatus } from './entities/credentials.values';

export interface HostKeyRow {
  readonly id: string;
  readonly keyType: string;
  readonly fingerprint: string;
  readonly publicKey: string | null;
  readonly status: HostKeyStatus;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly approvedBy: string | null;
}

/** A shown key with what was decided about it. */
export interface JudgedHostKey extends PresentedHostKey {
  readonly status: HostKeyStatus;
}

/** Where a key was shown. */
export interface ShownAt {
  readonly machineId: string;
  readonly hostname: string;
  readonly port: number;
  readonly at: Date;
}

const COLUMNS = `id, COALESCE(key_type, '') AS "keyType", fingerprint_sha256 AS fingerprint, public_key AS "publicKey", status,
  first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt", approved_by AS "approvedBy"`;

/** The order in which key types are negotiated: the first one is the one that people compare. */
export const BEST_FIRST = `COALESCE(array_position(ARRAY['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'], key_type), 9)`;

/** The only place with SQL on machine_host_keys, but for what every sign-in reads and writes (machines, connection-facts). */
@Injectable()
export class HostKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  list(machineId: string, manager: EntityManager = this.dataSource.manager): Promise<HostKeyRow[]> {
    return queryRows<HostKeyRow>(
      manager,
      `SELECT ${COLUMNS} FROM machine_host_keys WHERE machine_id = $1 ORDER BY ${BEST_FIRST}, first_seen_at, id`,
      [machineId],
    );
  }

  /** The same, locked until the transaction ends. */
  lock(manager: EntityManager, machineId: string): Promise<HostKeyRow[]> {
    return queryRows<HostKeyRow>(
      manager,
      `SELECT ${COLUMNS} FROM machine_host_keys WHERE machine_id = $1 ORDER BY id FOR UPDATE`,
      [machineId],
    );
  }

  async upsert(manager: EntityManager, shownAt: ShownAt, keys: readonly JudgedHostKey[]): Promise<HostKeyRow[]> {
    const rows: HostKeyRow[] = [];
    for (const key of keys) {
      const [row] = await queryRows<HostKeyRow>(
        manager,
        `INSERT INTO machine_host_keys (id, machine_id, hostname, port, key_type, fingerprint_sha256, public_key, status,
                                        first_seen_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         ON CONFLICT (machine_id, fingerprint_sha256) DO UPDATE SET
           hostname = excluded.hostname, port = excluded.port, public_key = excluded.public_key,
           status = excluded.status, last_seen_at = excluded.last_seen_at
         RETURNING ${COLUMNS}`,
        [
          newId(),
          shownAt.machineId,
          shownAt.hostname,
          shownAt.port,
          key.keyType,
          key.fingerprint,
          key.publicKey,
          key.status,
          shownAt.at,
        ],
      );
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  async seen(manager: EntityManager, machineId: string, fingerprints: readonly string[], at: Date): Promise<void> {
    await affected(
      manager,
      `UPDATE machine_host_keys SET last_seen_at = $3
        WHERE machine_id = $1 AND fingerprint_sha256 = ANY ($2::text[]) AND status = 'approved'`,
      [machineId, fingerprints, at],
    );
  }

  async approve(manager: EntityManager, keyId: string, by: string, at: Date): Promise<void> {
    await affected(
      manager,
      `UPDATE machine_host_keys SET status = 'approved', approved_at = $2, approved_by = $3 WHERE id = $1`,
      [keyId, at, by],
    );
  }

  async reject(manager: EntityManager, keyIds: readonly string[]): Promise<void> {
    await affected(
      manager,
      `UPDATE machine_host_keys SET status = 'rejected', approved_at = NULL, approved_by = NULL
        WHERE id = ANY ($1::uuid[])`,
      [keyIds],
    );
  }

  /** They wait for no decision any more, and nobody has approved them. */
  async settle(manager: EntityManager, keyIds: readonly string[]): Promise<void> {
    await affected(manager, `UPDATE machine_host_keys SET status = 'unknown' WHERE id = ANY ($1::uuid[])`, [keyIds]);
  }
}
