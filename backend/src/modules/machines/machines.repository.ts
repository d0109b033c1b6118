import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { affected, queryOne, queryRows } from '../../kernel/database/rows';
import type { MachineRefDto } from '../credentials/dto/host-key.dto';
import { ipAddress } from './address';
import { UNMEASURED_OS } from './machine-tile.mapper';
import type { AptProxyMode, MachineKind, MachineStatus, MachineStatusInUse } from './entities/machines.values';

export interface MachineRow {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly machineKind: MachineKind | null;
  readonly status: MachineStatus;
  readonly aptProxyMode: AptProxyMode;
  readonly aptProxyUrl: string | null;
  readonly encAptProxyPassword: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date | null;
  readonly deletedAt: Date | null;
  /** The status at archiving; null in use, and where it was archived before that was kept. */
  readonly archivedStatus: MachineStatusInUse | null;
}

/** The columns that people edit. */
export type EditableMachine = Pick<
  MachineRow,
  'name' | 'hostname' | 'port' | 'username' | 'machineKind' | 'aptProxyMode' | 'aptProxyUrl' | 'encAptProxyPassword'
>;

export const MACHINE_COLUMNS = `id, name, hostname, port, username, machine_kind AS "machineKind", status, apt_proxy_mode AS "aptProxyMode",
  apt_proxy_url AS "aptProxyUrl", enc_apt_proxy_password AS "encAptProxyPassword", created_at AS "createdAt",
  last_seen_at AS "lastSeenAt", deleted_at AS "deletedAt", archived_status AS "archivedStatus"`;

/** SQL on `machines`, but for the columns of the probe (machine-facts), the status (machine-state) and sign-ins (connection-facts). */
@Injectable()
export class MachinesRepository {
  constructor(private readonly dataSource: DataSource) {}

  find(id: string, manager: EntityManager = this.dataSource.manager): Promise<MachineRow | null> {
    return queryOne<MachineRow>(manager, `SELECT ${MACHINE_COLUMNS} FROM machines WHERE id = $1`, [id]);
  }

  /** Locked until the transaction ends. */
  lock(manager: EntityManager, id: string): Promise<MachineRow | null> {
    return queryOne<MachineRow>(manager, `SELECT ${MACHINE_COLUMNS} FROM machines WHERE id = $1 FOR NO KEY UPDATE`, [
      id,
    ]);
  }

  /** The machine in use that has this address; the unique index leaves one at most. */
  atAddress(hostname: string, port: number): Promise<MachineRefDto | null> {
    return queryOne<MachineRefDto>(
      this.dataSource,
      'SELECT id, name FROM machines WHERE lower(hostname) = lower($1) AND port = $2 AND deleted_at IS NULL',
      [hostname, port],
    );
  }

  /** Archived ones too, of which there may be several: one in use first, else the one archived last. */
  knownAt(hostname: string, port: number): Promise<MachineRow | null> {
    return queryOne<MachineRow>(
      this.dataSource,
      `SELECT ${MACHINE_COLUMNS} FROM machines WHERE lower(hostname) = lower($1) AND port = $2
        ORDER BY deleted_at DESC NULLS FIRST LIMIT 1`,
      [hostname, port],
    );
  }

  async insert(manager: EntityManager, id: string, machine: EditableMachine, at: Date): Promise<void> {
    await affected(
      manager,
      `INSERT INTO machines (id, name, hostname, port, username, machine_kind, apt_proxy_mode, apt_proxy_url,
                             enc_apt_proxy_password, address, os_family, status, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'new', $12, $12)`,
      [id, ...editableValues(machine), ipAddress(machine.hostname), UNMEASURED_OS, at],
    );
  }

  async update(manager: EntityManager, id: string, machine: EditableMachine, at: Date): Promise<void> {
    await affected(
      manager,
      `UPDATE machines SET name = $2, hostname = $3, port = $4, username = $5, machine_kind = $6, apt_proxy_mode = $7,
              apt_proxy_url = $8, enc_apt_proxy_password = $9, updated_at = $10,
              address = CASE WHEN hostname = $3 THEN address ELSE $11 END WHERE id = $1`,
      [id, ...editableValues(machine), at, ipAddress(machine.hostname)],
    );
  }

  /** Takes a machine out of use, keeping the status that it has. */
  async archive(manager: EntityManager, id: string, at: Date): Promise<void> {
    const sql = 'UPDATE machines SET deleted_at = $2, updated_at = $2, archived_status = status WHERE id = $1';
    await affected(manager, sql, [id, at]);
  }

  /** Takes it back into use; its status is the caller's to write. */
  async restore(manager: EntityManager, id: string, at: Date): Promise<void> {
    const sql = 'UPDATE machines SET deleted_at = NULL, updated_at = $2, archived_status = NULL WHERE id = $1';
    await affected(manager, sql, [id, at]);
  }

  /** The machine, and by the foreign keys every row that is its own. */
  async remove(manager: EntityManager, id: string): Promise<void> {
    await affected(manager, 'DELETE FROM machines WHERE id = $1', [id]);
  }

  /** Where it was reached. @returns false when that is known */
  async reachedAt(manager: EntityManager, id: string, address: string): Promise<boolean> {
    const sql = 'UPDATE machines SET address = $2 WHERE id = $1 AND address IS DISTINCT FROM $2::inet';
    return (await affected(manager, sql, [id, address])) === 1;
  }

  async runningJobId(manager: EntityManager, id: string): Promise<string | null> {
    const sql = 'SELECT running_job_id AS "runningJobId" FROM machine_state WHERE machine_id = $1';
    return (await queryOne<{ runningJobId: string | null }>(manager, sql, [id]))?.runningJobId ?? null;
  }

  /** Other machines in use that have shown one of these host keys, unless it was rejected there. */
  sharingHostKeys(machineId: string, fingerprints: readonly string[]): Promise<MachineRefDto[]> {
    return queryRows<MachineRefDto>(
      this.dataSource,
      `SELECT m.id, m.name FROM machines m
        WHERE m.id <> $1 AND m.deleted_at IS NULL AND EXISTS (
          SELECT 1 FROM machine_host_keys k WHERE k.machine_id = m.id AND k.fingerprint_sha256 = ANY ($2::text[])
             AND k.status <> 'rejected')
        ORDER BY lower(m.name), m.id`,
      [machineId, fingerprints],
    );
  }
}

function editableValues(machine: EditableMachine): unknown[] {
  return [
    machine.name,
    machine.hostname,
    machine.port,
    machine.username,
    machine.machineKind,
    machine.aptProxyMode,
    machine.aptProxyUrl,
    machine.encAptProxyPassword,
  ];
}
