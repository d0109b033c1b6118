import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { newId } from '../../kernel/database/ids';
import { affected, queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { SnapshotStatus } from './entities/history.values';
import { patchBetween, patched, SNAPSHOT_PATCH_CONTRACT, type JsonPatch } from './shared-content';

export interface NewSnapshot {
  readonly machineId: string;
  /** Name of the contract; `<kind>.important` is that of the reduced form. */
  readonly kind: string;
  readonly status: SnapshotStatus;
  readonly payload: object;
  readonly important: object;
  /**
   * SHA-256 of everything that becomes derived rows. A snapshot with the same one as the machine's newest of its kind
   * has nothing new to derive and shares that one's content. Absent: nothing is derived but current state.
   */
  readonly contentSha256?: string;
  readonly jobId?: string | null;
  readonly createdAt?: Date;
}

/** How a snapshot was kept. */
export interface KeptSnapshot {
  readonly id: string;
  /** The snapshot whose content it shares; null when it has its own. With one, derived rows stand there already. */
  readonly contentSnapshotId: string | null;
}

interface Base {
  readonly id: string;
  readonly payload: object;
  readonly important: object;
}

interface Difference {
  readonly base: string;
  readonly payload: JsonPatch;
  readonly important: JsonPatch;
}

export interface StoredSnapshot {
  readonly id: string;
  readonly kind: string;
  readonly status: SnapshotStatus;
  readonly createdAt: Date;
  /** Of the contract's current version. */
  readonly payload: unknown;
}

/** What machines said, kept whole. Nothing without a contract gets in; what was said before is kept once. */
@Injectable()
export class Snapshots implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.contracts.register(SNAPSHOT_PATCH_CONTRACT);
  }

  /** @throws ContractError when a document is not what its contract says, or holds a secret */
  async store(tx: Transaction, snapshot: NewSnapshot): Promise<KeptSnapshot> {
    const id = newId();
    const version = this.contracts.validateForWrite(snapshot.kind, snapshot.payload);
    this.contracts.validateForWrite(`${snapshot.kind}.important`, snapshot.important);
    const difference = await this.difference(tx, snapshot, version);
    const { payload, important } = difference ?? snapshot;
    await affected(
      tx.manager,
      `INSERT INTO snapshots (id, machine_id, kind, schema_version, created_at, status, payload_json, important_json, source_job_id,
                              content_sha256, content_snapshot_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        id,
        snapshot.machineId,
        snapshot.kind,
        version,
        snapshot.createdAt ?? this.clock.now(),
        snapshot.status,
        JSON.stringify(payload),
        JSON.stringify(important),
        snapshot.jobId ?? null,
        snapshot.contentSha256 ?? null,
        difference?.base ?? null,
      ],
    );
    return { id, contentSnapshotId: difference?.base ?? null };
  }

  /** The newest of a kind; null when there is none. */
  async latest(machineId: string, kind: string): Promise<StoredSnapshot | null> {
    const row = await queryOne<StoredSnapshot & { schemaVersion: number; patch: unknown }>(
      this.dataSource,
      `SELECT s.id, s.kind, s.status, s.schema_version AS "schemaVersion", s.created_at AS "createdAt",
              COALESCE(base.payload_json, s.payload_json) AS payload, CASE WHEN base.id IS NOT NULL THEN s.payload_json END AS patch
         FROM snapshots s LEFT JOIN snapshots base ON base.id = s.content_snapshot_id
        WHERE s.machine_id = $1 AND s.kind = $2 ORDER BY s.created_at DESC, s.id DESC LIMIT 1`,
      [machineId, kind],
    );
    if (row === null) return null;
    const { schemaVersion, patch, ...stored } = row;
    const payload = patched(stored.payload, patch);
    return { ...stored, payload: this.contracts.readUpcast(kind, schemaVersion, payload) };
  }

  /** What the snapshot says otherwise than the one that the machine's newest stands on; null when that is too much. */
  private async difference(tx: Transaction, snapshot: NewSnapshot, version: number): Promise<Difference | null> {
    const base = await queryOne<Base>(tx.manager, BASE, [
      snapshot.machineId,
      snapshot.kind,
      version,
      snapshot.contentSha256 ?? null,
    ]);
    if (base === null) return null;
    const payload = patchBetween(base.payload, snapshot.payload);
    const important = patchBetween(base.important, snapshot.important);
    if (payload === null || important === null) return null;
    for (const patch of [payload, important]) this.contracts.validateForWrite(SNAPSHOT_PATCH_CONTRACT.name, patch);
    return { base: base.id, payload, important };
  }
}

/** Only the newest counts: what went back to an older state is news. A patch never stands on a patch. */
const BASE = `
  WITH newest AS (
    SELECT id, schema_version, content_sha256, content_snapshot_id FROM snapshots
     WHERE machine_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 1)
  SELECT base.id, base.payload_json AS payload, base.important_json AS important
    FROM newest JOIN snapshots base ON base.id = COALESCE(newest.content_snapshot_id, newest.id)
   WHERE newest.schema_version = $3 AND newest.content_sha256 IS NOT DISTINCT FROM $4 AND base.important_json IS NOT NULL`;
