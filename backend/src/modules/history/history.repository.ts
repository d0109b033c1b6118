import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { auditContractName } from '../../kernel/audit/audit-contracts';
import { Contracts } from '../../kernel/contracts/contracts';
import { toDocument, unreadable, type DocumentDto } from '../../kernel/contracts/document.dto';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { eventContractName } from '../../kernel/events/event-contracts';
import { keysetPage, type Page, type PageRequest } from '../../kernel/http/keyset-page';
import type { AuditEntryDto, EventDto, SnapshotDetailDto, SnapshotDto } from './dto/history.dto';
import { saidIn, type SaidByField } from '../../kernel/sentences/said';
import { SNAPSHOT_PATCH } from './contracts/snapshot-patch';
import { wholeDocument } from './shared-content';
import type { AuditAction } from '../../kernel/audit/audit-actions';
import type { AuditOutcome } from '../../kernel/audit/entities/audit.values';

/** What of the audit is asked for; absent: everything. */
export interface AuditFilter {
  readonly action?: AuditAction;
  readonly actorId?: string;
  readonly machineId?: string;
  readonly outcome?: AuditOutcome;
}

const SNAPSHOT = `s.id, s.kind, s.schema_version AS "schemaVersion", s.created_at AS "createdAt", s.status, s.source_job_id AS "jobId",
  s.content_snapshot_id AS "contentSnapshotId"`;

/** The whole documents of a snapshot: its own, or those of the one that it shares, and what differs. */
interface Documents {
  readonly payload: unknown;
  readonly important: unknown;
  readonly payloadPatch: unknown;
  readonly importantPatch: unknown;
}

/** A row whose document stands in it as it is stored. */
type Stored<T, Column extends keyof T> = Omit<T, Column> & Record<Column, unknown>;

/** What the pages of history read. Newest first, by cursor, whatever the depth. */
@Injectable()
export class HistoryRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  async events(machineId: string, page: PageRequest): Promise<Page<EventDto>> {
    const columns = `id, event_type AS "eventType", severity, created_at AS "createdAt", COALESCE(actor_type, 'system') AS "actorType",
      actor_name AS "actorName", COALESCE(message, '') AS message, job_id AS "jobId", snapshot_id AS "snapshotId", execution_id AS "executionId",
      payload_json AS facts`;
    const { items, nextCursor } = await keysetPage<Stored<Unsaid<EventDto>, 'facts'>>(
      this.dataSource,
      'events',
      `SELECT ${columns} FROM machine_events WHERE machine_id = $1`,
      [machineId],
      'created_at',
      page,
    );
    const read = (event: Stored<Unsaid<EventDto>, 'facts'>): EventDto => {
      return { ...withSaid(event), facts: this.document(eventContractName(event.eventType), event.facts) };
    };
    return { items: items.map(read), nextCursor };
  }

  snapshots(machineId: string, kind: string | undefined, page: PageRequest): Promise<Page<SnapshotDto>> {
    const where = kind === undefined ? 'machine_id = $1' : 'machine_id = $1 AND kind = $2';
    const params = kind === undefined ? [machineId] : [machineId, kind];
    return keysetPage(
      this.dataSource,
      'snapshots',
      `SELECT ${SNAPSHOT} FROM snapshots s WHERE ${where}`,
      params,
      'created_at',
      page,
    );
  }

  async snapshot(id: string): Promise<SnapshotDetailDto | null> {
    const row = await queryOne<SnapshotDto & Documents>(
      this.dataSource,
      `SELECT ${SNAPSHOT}, COALESCE(base.payload_json, s.payload_json) AS payload,
              CASE WHEN base.id IS NULL THEN s.important_json ELSE base.important_json END AS important,
              CASE WHEN base.id IS NOT NULL THEN s.payload_json END AS "payloadPatch",
              CASE WHEN base.id IS NOT NULL THEN s.important_json END AS "importantPatch"
         FROM snapshots s LEFT JOIN snapshots base ON base.id = s.content_snapshot_id WHERE s.id = $1`,
      [id],
    );
    if (row === null) return null;
    const { payloadPatch, importantPatch, ...snapshot } = row;
    const { kind, schemaVersion } = snapshot;
    const payload = wholeDocument(this.contracts, snapshot.payload, payloadPatch);
    const important = wholeDocument(this.contracts, snapshot.important, importantPatch);
    return {
      ...snapshot,
      payload: payload.document as SnapshotDetailDto['payload'],
      important: important.document as SnapshotDetailDto['important'],
      unreadable: unreadable({
        [SNAPSHOT_PATCH.name]: payload.fault ?? important.fault,
        [kind]: this.contracts.read(kind, payload.document, schemaVersion),
        [`${kind}.important`]:
          important.document === null ? null : this.contracts.read(`${kind}.important`, important.document),
      }),
    };
  }

  async audit(filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntryDto>> {
    const columns = `id, at, actor_type AS "actorType", actor_id AS "actorId", actor_name AS "actorName", action,
      object_type AS "objectType", object_id AS "objectId", machine_id AS "machineId",
      (SELECT name FROM machines m WHERE m.id = audit_log.machine_id) AS "machineName", outcome,
      request_id AS "requestId", ip, details_json AS details`;
    const wanted = Object.entries({
      action: filter.action,
      actor_id: filter.actorId,
      machine_id: filter.machineId,
      outcome: filter.outcome,
    }).filter(([, value]) => value !== undefined);
    const where = wanted.map(([column], index) => `${column} = $${String(index + 1)}`).join(' AND ');
    const sql = `SELECT ${columns} FROM audit_log WHERE ${where === '' ? 'true' : where}`;
    const params = wanted.map(([, value]) => value);
    const { items, nextCursor } = await keysetPage<Stored<AuditEntryDto, 'details'>>(
      this.dataSource,
      'audit',
      sql,
      params,
      'at',
      page,
    );
    const read = (entry: Stored<AuditEntryDto, 'details'>): AuditEntryDto => {
      return { ...entry, details: this.document(auditContractName(entry.action), entry.details) };
    };
    return { items: items.map(read), nextCursor };
  }

  async insertEvent(tx: Transaction, values: readonly unknown[]): Promise<void> {
    await affected(tx.manager, INSERT_EVENT, values);
  }

  private document(contract: string, stored: unknown): DocumentDto | null {
    return stored === null ? null : toDocument(contract, this.contracts.read(contract, stored));
  }
}

type Unsaid<T> = Omit<T, 'said'>;

function withSaid<T extends { message: string }>(row: T): T & { said: SaidByField } {
  return { ...row, said: saidIn(row, ['message']) };
}

const INSERT_EVENT = prepared(`
  INSERT INTO machine_events (id, machine_id, event_type, severity, created_at, actor_type, actor_id, actor_name,
                              snapshot_id, execution_id, job_id, message, payload_json)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`);
