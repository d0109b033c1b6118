import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { Clock } from '../../kernel/clock';
import type { Transaction } from '../../kernel/database/transaction';
import { DomainError, notFound } from '../../kernel/errors/domain-error';
import { keyTypeOf, type PresentedHostKey } from '../../kernel/ssh/host-key';
import type { HostKeyDto } from './dto/host-key.dto';
import { judgeShownKeys } from './host-key-judgement';
import { HostKeysRepository, type HostKeyRow, type ShownAt } from './host-keys.repository';
import { say } from './credentials.sentences';
import type { AuditAction } from '../../kernel/audit/audit-actions';

/** What recording shown keys led to. */
export interface RecordedHostKeys {
  readonly shown: readonly HostKeyRow[];
  /** Those of them that were never seen on this machine. */
  readonly added: readonly HostKeyRow[];
  /** One of them stands where an approved key should: the machine must be quarantined. */
  readonly changed: boolean;
  /** The fingerprints that were approved at this moment. */
  readonly approved: readonly string[];
}

/** The host keys of machines and what people decided about them. Only `approved` ones are ever signed in to. */
@Injectable()
export class HostKeys {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: HostKeysRepository,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  list(machineId: string): Promise<HostKeyRow[]> {
    return this.repository.list(machineId);
  }

  /** Keeps keys that a machine has shown, each judged against what is approved. */
  async record(
    tx: Transaction,
    shownAt: Omit<ShownAt, 'at'>,
    shown: readonly PresentedHostKey[],
  ): Promise<RecordedHostKeys> {
    const known = await this.repository.lock(tx.manager, shownAt.machineId);
    const statuses = judgeShownKeys(known, shown);
    const judged = shown.map((key, index) => ({ ...key, status: statuses[index] ?? 'unknown' }));
    const rows = await this.repository.upsert(tx.manager, { ...shownAt, at: this.clock.now() }, judged);
    return {
      shown: rows,
      added: rows.filter((row) => !known.some((key) => key.fingerprint === row.fingerprint)),
      changed: statuses.includes('changed') && known.some((key) => key.status === 'approved'),
      approved: known.filter((key) => key.status === 'approved').map((key) => key.fingerprint),
    };
  }

  /** A connection was made on these keys. */
  seen(tx: Transaction, machineId: string, fingerprints: readonly string[]): Promise<void> {
    return this.repository.seen(tx.manager, machineId, fingerprints, this.clock.now());
  }

  /**
   * Approves a key. There is one approved key per type, so others of its type are rejected by this. After a change the
   * approved keys that the machine no longer shows are rejected with them: they belong to what stood there before.
   *
   * @throws DomainError `fingerprint_mismatch` when another fingerprint was compared than the key has; that is audited
   */
  async approve(
    tx: Transaction,
    machineId: string,
    keyId: string,
    fingerprint: string,
    origin: RequestOrigin,
  ): Promise<HostKeyRow> {
    const known = await this.repository.lock(tx.manager, machineId);
    const key = this.find(known, keyId);
    if (key.fingerprint !== fingerprint) throw await this.mismatch(machineId, key, fingerprint, origin);
    const superseded = known.filter((other) => other.id !== key.id && isSuperseded(other, key));
    await this.repository.reject(
      tx.manager,
      superseded.map((other) => other.id),
    );
    await this.repository.approve(tx.manager, keyId, origin.actor.name, this.clock.now());
    const details = { fingerprint, rejected: superseded.map((other) => other.fingerprint) };
    await this.writeAudit(tx, 'host_key.approved', machineId, key, origin, details);
    return this.reread(tx, machineId, keyId);
  }

  /** Never to be signed in to, whatever it was before. */
  async reject(tx: Transaction, machineId: string, keyId: string, origin: RequestOrigin): Promise<HostKeyRow> {
    const key = this.find(await this.repository.lock(tx.manager, machineId), keyId);
    await this.repository.reject(tx.manager, [keyId]);
    await this.writeAudit(tx, 'host_key.rejected', machineId, key, origin, { fingerprint: key.fingerprint });
    return this.reread(tx, machineId, keyId);
  }

  private find(keys: readonly HostKeyRow[], keyId: string): HostKeyRow {
    const key = keys.find((row) => row.id === keyId);
    if (key === undefined) throw notFound('host key of this machine');
    return key;
  }

  private async reread(tx: Transaction, machineId: string, keyId: string): Promise<HostKeyRow> {
    return this.find(await this.repository.list(machineId, tx.manager), keyId);
  }

  /** Written outside the transaction, which is about to fail. */
  private async mismatch(
    machineId: string,
    key: HostKeyRow,
    given: string,
    origin: RequestOrigin,
  ): Promise<DomainError> {
    await this.audit.record(this.dataSource.manager, {
      ...origin,
      action: 'host_key.approved',
      objectType: 'machine_host_keys',
      objectId: key.id,
      machineId,
      outcome: 'denied',
      details: { fingerprint: key.fingerprint, given },
    });
    return new DomainError({
      code: 'fingerprint_mismatch',
      status: 409,
      detail: say.fingerprint_mismatch(),
      action: say.fingerprint_mismatch_action(),
    });
  }

  private writeAudit(
    tx: Transaction,
    action: AuditAction,
    machineId: string,
    key: HostKeyRow,
    origin: RequestOrigin,
    details: Record<string, unknown>,
  ): Promise<void> {
    const object = { objectType: 'machine_host_keys', objectId: key.id, machineId };
    return this.audit.record(tx.manager, { ...origin, ...object, action, outcome: 'ok', details });
  }
}

function isSuperseded(other: HostKeyRow, approved: HostKeyRow): boolean {
  if (other.status === 'rejected') return false;
  if (keyTypeOf(other.keyType) === keyTypeOf(approved.keyType)) return true;
  return approved.status === 'changed' && other.status === 'approved' && other.lastSeenAt < approved.lastSeenAt;
}

export function toHostKeyDto(row: HostKeyRow): HostKeyDto {
  return {
    id: row.id,
    keyType: row.keyType,
    fingerprintSha256: row.fingerprint,
    status: row.status,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    approvedBy: row.approvedBy,
  };
}
