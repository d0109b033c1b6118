import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock';
import { Contracts, type Reading } from '../../kernel/contracts/contracts';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { newId } from '../../kernel/database/ids';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { SnapshotStatus } from './entities/history.values';
import { patchBetween, wholeDocument } from './shared-content';

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

interface LatestRow {
  readonly schemaVersion: number;
  readonly payload: unknown;
  readonly patch: unknown;
}

interface Difference {
  readonly base: string;
  readonly payload: JsonDocument;
  readonly important: JsonDocument;
}

export interface StoredSnapshot {
  readonly id: string;
  readonly kind: string;
  readonly status: SnapshotStatus;
  readonly createdAt: Date;
  /** Brought to the contract's current version, where that is possible. */
  readonly payload: Reading<unknown>;
}

/** What machines said, kept whole. Nothing without a contract gets in; what was said before is kept once. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
    private readonly clock: Clock,
  ) {}

  /** @throws ContractError when a document is not what its contract says, or holds a secret */
  async store(tx: Transaction, snapshot: NewSnapshot): Promise<KeptSnapshot> {
    const id = newId();
    const whole = {
      payload: this.contracts.document(snapshot.kind, snapshot.payload),
      important: this.contracts.document(`${snapshot.kind}.important`, snapshot.important),
    };
    const difference = await this.difference(tx, snapshot, whole);
    const { payload, important } = difference ?? whole;
    await affected(tx.manager, INSERT, [
      id,
      snapshot.machineId,
      snapshot.kind,
      whole.payload.version,
      snapshot.createdAt ?? this.clock.now(),
      snapshot.status,
      payload,
      important,
      snapshot.jobId ?? null,
      snapshot.contentSha256 ?? null,
      difference?.base ?? null,
    ]);
    return { id, contentSnapshotId: difference?.base ?? null };
  }

  /**
   * The newest of a kind; null when there is none.
   * @param before only what is older counts
   */
  async latest(machineId: string, kind: string, before: Date | null = null): Promise<StoredSnapshot | null> {
    const row = await queryOne<Omit<StoredSnapshot, 'payload'> & LatestRow>(
      this.dataSource,
      `SELECT s.id, s.kind, s.status, s.schema_version AS "schemaVersion", s.created_at AS "createdAt",
              COALESCE(base.payload_json, s.payload_json) AS payload, CASE WHEN base.id IS NOT NULL THEN s.payload_json END AS patch
         FROM snapshots s LEFT JOIN snapshots base ON base.id = s.content_snapshot_id
        WHERE s.machine_id = $1 AND s.kind = $2 ${before === null ? '' : 'AND s.created_at < $3'}
        ORDER BY s.created_at DESC, s.id DESC LIMIT 1`,
      before === null ? [machineId, kind] : [machineId, kind, before],
    );
    if (row === null) return null;
    const { schemaVersion, patch, payload: stored, ...snapshot } = row;
    const { document, fault } = wholeDocument(this.contracts, stored, patch);
    return { ...snapshot, payload: fault ?? this.contracts.read(kind, document, schemaVersion) };
  }

  /** What the snapshot says otherwise than the one that the machine's newest stands on; null when that is too much. */
  private async difference(
    tx: Transaction,
    snapshot: NewSnapshot,
    whole: { payload: JsonDocument; important: JsonDocument },
  ): Promise<Difference | null> {
    const base = await queryOne<Base>(tx.manager, BASE, [
      snapshot.machineId,
      snapshot.kind,
      whole.payload.version,
      snapshot.contentSha256 ?? null,
    ]);
    if (base === null) return null;
    const payload = patchBetween(this.contracts, base.payload, whole.payload);
    const important = patchBetween(this.contracts, base.important, whole.important);
    return payload === null || important === null ? null : { base: base.id, payload, important };
  }
}

/** Only the newest counts: what went back to an older state is news. A patch never stands on a patch. */
const BASE = prepared(`
  WITH newest AS (
    SELECT id, schema_version, content_sha256, content_snapshot_id FROM snapshots
     WHERE machine_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT 1)
  SELECT base.id, base.payload_json AS payload, base.important_json AS important
    FROM newest JOIN snapshots base ON base.id = COALESCE(newest.content_snapshot_id, newest.id)
   WHERE newest.schema_version = $3 AND newest.content_sha256 IS NOT DISTINCT FROM $4 AND base.important_json IS NOT NULL`);

const INSERT = prepared(`
  INSERT INTO snapshots (id, machine_id, kind, schema_version, created_at, status, payload_json, important_json, source_job_id,
                         content_sha256, content_snapshot_id)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`);
