import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../clock';
import { Contracts } from '../contracts/contracts';
import { snakeNames } from '../contracts/names';
import { maskDistinctiveSecrets } from '../contracts/secret-values';
import { newId } from '../database/ids';
import { prepared } from '../database/prepared';
import { affected } from '../database/rows';
import type { Actor } from '../auth/actor';
import { auditContractName } from './audit-contracts';
import type { AuditAction } from './audit-actions';

export type AuditOutcome = 'ok' | 'denied' | 'error';

/** One line of the audit; a {@link RequestOrigin} can be spread into it. */
export interface AuditEntry {
  readonly actor: Actor;
  readonly requestId?: string | null;
  /** Address of the client. */
  readonly ip?: string | null;
  readonly action: AuditAction;
  readonly objectType: string;
  readonly objectId?: string | null;
  readonly machineId?: string | null;
  readonly outcome: AuditOutcome;
  /** Facts, never secrets, as the contract `audit.<action>` has them (there in snake_case). */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The security audit. Rows are only added.
 *
 * Give the manager of the transaction in which the audited action happens: when the row cannot be written, the action
 * fails with it.
 */
@Injectable()
export class AuditLog {
  constructor(
    private readonly clock: Clock,
    private readonly contracts: Contracts,
  ) {}

  async record(manager: EntityManager, entry: AuditEntry): Promise<void> {
    // Who it was stays readable, though somebody's name be a password somewhere.
    const { actor } = entry;
    const details = maskDistinctiveSecrets(entry.details ?? null);
    await affected(manager, INSERT, [
      newId(),
      this.clock.now(),
      actor.type,
      actor.id,
      actor.name,
      entry.action,
      entry.objectType,
      entry.objectId ?? null,
      entry.machineId ?? null,
      entry.outcome,
      entry.requestId ?? null,
      entry.ip ?? null,
      details === null ? null : this.contracts.document(auditContractName(entry.action), snakeNames(details) as object),
    ]);
  }
}

const INSERT = prepared(`
  INSERT INTO audit_log (id, at, actor_type, actor_id, actor_name, action, object_type, object_id, machine_id, outcome, request_id,
                         ip, details_json)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`);
