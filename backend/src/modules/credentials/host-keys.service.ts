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
  /** Those of them that stand where an approved key should: with any, the machine must be quarantined. */
  readonly displacing: readonly HostKeyRow[];
  /** The fingerprints that were approved at this moment. */
  readonly approved: readonly string[];
}

/** What approving a key led to. */
export interface ApprovedHostKeyRow {
  readonly key: HostKeyRow;
  /** It answers a change. A key that was only noticed beside others, and is approved too, does not. */
  readonly settles: boolean;
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
    const judgements = judgeShownKeys(known, shown);
    const judged = shown.map((key, index) => ({ ...key, status: judgements[index]?.status ?? 'unknown' }));
    const rows = await this.repository.upsert(tx.manager, { ...shownAt, at: this.clock.now() }, judged);
    return {
      shown: rows,
      added: rows.filter((row) => !known.some((key) => key.fingerprint === row.fingerprint)),
      displacing: rows.filter((_row, index) => judgements[index]?.displaces === true),
      approved: known.filter((key) => key.status === 'approved').map((key) => key.fingerprint),
    };
  }

  /** A connection was made on these keys. */
  seen(tx: Transaction, machineId: string, fingerprints: readonly string[]): Promise<void> {
    return this.repository.seen(tx.manager, machineId, fingerprints, this.clock.now());
  }

  /**
   * Approves a key. There is one approved key per type, so others of its type are rejected by this. After a change the
   * approved keys that the machine no longer shows are rejected with them: they belong to what stood there before. What else
   * was shown with the key waits for nobody any more. Approving again what was decided before rejects all that stood in its place.
   *
   * @throws DomainError `fingerprint_mismatch` when another fingerprint was compared than the key has; that is audited
   */
  async approve(
    tx: Transaction,
    machineId: string,
    keyId: string,
    fingerprint: string,
    origin: RequestOrigin,
  ): Promise<ApprovedHostKeyRow> {
    const known = await this.repository.lock(tx.manager, machineId);
    const key = this.find(known, keyId);
    if (key.fingerprint !== fingerprint) throw await this.mismatch(machineId, key, fingerprint, origin);
    const others = known.filter((other) => other.id !== keyId);
    const superseded = others.filter((other) => isSuperseded(other, key));
    await this.repository.reject(tx.manager, idsOf(superseded));
    if (key.status === 'changed') await this.repository.settle(tx.manager, idsOf(others.filter(isOpenBeside(key))));
    await this.repository.approve(tx.manager, keyId, origin.actor.name, this.clock.now());
    const details = { fingerprint, rejected: superseded.map((other) => other.fingerprint) };
    await this.writeAudit(tx, 'host_key.approved', machineId, key, origin, details);
    const settles = key.status !== 'unknown' || !others.some((other) => other.status === 'approved');
    return { key: await this.reread(tx, machineId, keyId), settles };
  }

  /**
   * Never to be signed in to, whatever it was before, also when it is shown again. Keys that wait for the same decision were
   * shown by the same server, and go with it.
   */
  async reject(tx: Transaction, machineId: string, keyId: string, origin: RequestOrigin): Promise<HostKeyRow> {
    const known = await this.repository.lock(tx.manager, machineId);
    const key = this.find(known, keyId);
    const waits = key.status === 'changed' || !known.some((other) => other.status === 'approved');
    const alike = known.filter((other) => other.id !== keyId && waits && other.status === key.status);
    await this.repository.reject(tx.manager, idsOf([key, ...alike]));
    for (const each of [key, ...alike]) {
      const details = { fingerprint: each.fingerprint };
      await this.writeAudit(tx, 'host_key.rejected', machineId, each, origin, details);
    }
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

function idsOf(keys: readonly HostKeyRow[]): string[] {
  return keys.map(({ id }) => id);
}

function isSuperseded(other: HostKeyRow, approved: HostKeyRow): boolean {
  if (other.status === 'rejected') return false;
  if (keyTypeOf(other.keyType) === keyTypeOf(approved.keyType)) return true;
  const { status } = approved;
  if (other.status === 'changed') return status === 'approved' || status === 'rejected';
  const replaces = status === 'changed' || status === 'rejected';
  return replaces && other.status === 'approved' && other.lastSeenAt < approved.lastSeenAt;
}

/** Of another type, and it asks for a decision that was made by approving the one. */
function isOpenBeside(approved: HostKeyRow): (other: HostKeyRow) => boolean {
  return (other) => other.status === 'changed' && keyTypeOf(other.keyType) !== keyTypeOf(approved.keyType);
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
