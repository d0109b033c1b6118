import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared } from '../../kernel/database/prepared';
import { queryOne } from '../../kernel/database/rows';
import type { ApprovedHostKey } from '../../kernel/ssh/host-key';
import { SECRET_COLUMNS, type StoredCredentials } from '../credentials/credentials.repository';
import { BEST_FIRST } from '../credentials/host-keys.repository';
import { MACHINE_COLUMNS, type MachineRow } from './machines.repository';

/** Everything that signing in to a machine has to know of it. */
export interface ConnectionFacts {
  readonly machine: MachineRow;
  /** The host keys to connect with, the best first; empty when nobody has approved one. */
  readonly approved: readonly ApprovedHostKey[];
  /** As they are stored; null when there are none. */
  readonly credentials: StoredCredentials | null;
}

type FactsRow = MachineRow & {
  readonly approved: readonly ApprovedHostKey[] | null;
  readonly credentials: StoredCredentials | null;
};

/**
 * What every sign-in reads and writes, each by one statement over the tables of machines and of how to sign in to them: a
 * fleet signs in thousands of times an hour, and a statement costs more than the few rows of it.
 */
@Injectable()
export class ConnectionFactsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Null when there is no such machine. */
  async find(machineId: string): Promise<ConnectionFacts | null> {
    const row = await queryOne<FactsRow>(this.dataSource, FIND, [machineId]);
    if (row === null) return null;
    const { approved, credentials, ...machine } = row;
    return { machine, approved: approved ?? [], credentials };
  }

  /**
   * Moves the times at which an active machine and these keys of it were last seen.
   * @param address at which it was reached; null where that is nothing to learn
   * @returns false, and nothing is written, when it is not active, was reached at another address before, or one of these
   * errors stands
   */
  async seenAgain(
    machineId: string,
    fingerprints: readonly string[],
    address: string | null,
    at: Date,
    unless: ReadonlySet<string>,
  ): Promise<boolean> {
    const moved = await queryOne<{ id: string }>(this.dataSource, SEEN_AGAIN, [
      machineId,
      at,
      [...unless],
      fingerprints,
      address,
    ]);
    return moved !== null;
  }
}

const FIND = prepared(`
  SELECT ${MACHINE_COLUMNS},
    (SELECT json_agg(json_strip_nulls(json_build_object('keyType', COALESCE(k.key_type, ''), 'fingerprint', k.fingerprint_sha256,
              'publicKey', k.public_key)) ORDER BY ${BEST_FIRST}, k.first_seen_at, k.id)
       FROM machine_host_keys k WHERE k.machine_id = machines.id AND k.status = 'approved') AS approved,
    (SELECT json_build_object('auth_method', c.auth_method, 'sudo_mode', c.sudo_mode,
              ${SECRET_COLUMNS.map((column) => `'${column}', c.${column}`).join(', ')})
       FROM machine_credentials c WHERE c.machine_id = machines.id) AS credentials
  FROM machines WHERE id = $1`);

const SEEN_AGAIN = prepared(`
  WITH seen AS (
    UPDATE machines m SET last_seen_at = GREATEST(m.last_seen_at, $2)
      FROM machine_state s
     WHERE m.id = $1 AND s.machine_id = m.id AND m.status = 'active' AND m.deleted_at IS NULL
       AND ($5::inet IS NULL OR m.address IS NOT DISTINCT FROM $5::inet)
       AND (s.last_error_kind IS NULL OR NOT EXISTS (
         SELECT 1 FROM machine_errors e WHERE e.machine_id = m.id AND e.kind = ANY ($3::text[])))
    RETURNING m.id),
  key AS (
    UPDATE machine_host_keys k SET last_seen_at = $2
      FROM seen WHERE k.machine_id = seen.id AND k.fingerprint_sha256 = ANY ($4::text[]) AND k.status = 'approved')
  SELECT id FROM seen`);
