import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { SnapshotStatus } from './entities/history.values';

export interface NewSnapshot {
  readonly machineId: string;
  /** Name of the contract; `<kind>.important` is that of the reduced form. */
  readonly kind: string;
  readonly status: SnapshotStatus;
  readonly payload: object;
  readonly important: object;
  readonly jobId?: string | null;
  readonly createdAt?: Date;
}

export interface StoredSnapshot {
  readonly id: string;
  readonly kind: string;
  readonly status: SnapshotStatus;
  readonly createdAt: Date;
  /** Of the contract's current version. */
  readonly payload: unknown;
}

/** What machines said, kept whole. Nothing without a contract gets in. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  /** @returns its id. @throws ContractError when a document is not what its contract says, or holds a secret */
  async store(tx: Transaction, snapshot: NewSnapshot): Promise<string> {
    const id = newId();
    const version = this.contracts.validateForWrite(snapshot.kind, snapshot.payload);
    this.contracts.validateForWrite(`${snapshot.kind}.important`, snapshot.important);
    await affected(
      tx.manager,
      `INSERT INTO snapshots (id, machine_id, kind, schema_version, created_at, status, payload_json, important_json, source_job_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        snapshot.machineId,
        snapshot.kind,
        version,
        snapshot.createdAt ?? this.clock.now(),
        snapshot.status,
        JSON.stringify(snapshot.payload),
        JSON.stringify(snapshot.important),
        snapshot.jobId ?? null,
      ],
    );
    return id;
  }

  /** The newest of a kind; null when there is none. */
  async latest(machineId: string, kind: string): Promise<StoredSnapshot | null> {
    const row = await queryOne<StoredSnapshot & { schemaVersion: number }>(
      this.dataSource,
      `SELECT id, kind, status, schema_version AS "schemaVersion", created_at AS "createdAt", payload_json AS payload
         FROM snapshots WHERE machine_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 1`,
      [machineId, kind],
    );
    if (row === null) return null;
    const { schemaVersion, ...stored } = row;
    return { ...stored, payload: this.contracts.readUpcast(kind, schemaVersion, stored.payload) };
  }
}
