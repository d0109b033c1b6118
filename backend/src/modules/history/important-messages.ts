import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock';
import { Contracts } from '../../kernel/contracts/contracts';
import { maskDistinctiveSecrets } from '../../kernel/contracts/secret-values';
import { bulkInsert } from '../../kernel/database/bulk-insert';
import { newId } from '../../kernel/database/ids';
import { prepared } from '../../kernel/database/prepared';
import { queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { MachineState } from '../machines/machine-state';
import { IMPORTANT_MESSAGE, type MessageFacts } from './contracts/important-message';
import type { MessageCategory, MessageSeverity, MessageSource } from './entities/history.values';

export interface ImportantMessage {
  readonly category: MessageCategory;
  readonly severity: MessageSeverity;
  readonly packageName: string | null;
  readonly component: string | null;
  readonly message: string;
  /** `artifact id#line`. */
  readonly rawLineRef?: string | null;
  readonly payload?: MessageFacts;
}

/** Errors of one source that are over: of these codes, unless of one of these components. */
export interface GoneErrors {
  readonly codes: readonly string[];
  readonly except: readonly string[];
}

export interface MessageBatch {
  readonly machineId: string;
  readonly source: MessageSource;
  readonly snapshotId?: string | null;
  readonly executionId?: string | null;
  /** Errors that would have been met if they were there still. */
  readonly gone?: GoneErrors;
  readonly messages: readonly ImportantMessage[];
}

/** Messages worth reading that stay when their log is gone. */
@Injectable()
export class ImportantMessages {
  constructor(
    private readonly state: MachineState,
    private readonly clock: Clock,
    private readonly contracts: Contracts,
  ) {}

  /**
   * Keeps messages; one seen before moves its `last_seen_at` and takes today's words. It stays acknowledged if it was, unless it
   * is an error of another run, or one that was gone in between: that has gone wrong anew. What was decided before stands in the audit.
   */
  async upsert(tx: Transaction, batch: MessageBatch): Promise<void> {
    const now = this.clock.now();
    // The key is made of what was said: what is held at this moment must not make another message of the same one.
    const byKey = new Map(
      batch.messages.map((message) => [dedupKey(batch.source, message), maskDistinctiveSecrets(message)]),
    );
    const words = [...byKey].map(([key, { message, rawLineRef }]) => ({ key, message, ref: rawLineRef ?? null }));
    const known = await queryOne<{ keys: string[]; open: number }>(tx.manager, SEEN_AGAIN, [
      batch.machineId,
      JSON.stringify(words),
      now,
      batch.executionId ?? null,
      batch.source,
      batch.gone?.codes ?? [],
      maskDistinctiveSecrets(batch.gone?.except ?? []),
    ]);
    for (const key of known?.keys ?? []) byKey.delete(key);
    const added = byKey.size === 0 ? 0 : await this.insert(tx, batch, byKey, now);
    this.state.patch(tx, batch.machineId, { openMessagesCount: (known?.open ?? 0) + added });
  }

  private async insert(
    tx: Transaction,
    batch: MessageBatch,
    byKey: ReadonlyMap<string, ImportantMessage>,
    now: Date,
  ): Promise<number> {
    const rows = [...byKey].map(([key, message]) => ({
      id: newId(),
      machine_id: batch.machineId,
      source: batch.source,
      category: message.category,
      severity: message.severity,
      package_name: message.packageName,
      component: message.component,
      message: message.message,
      dedup_key: key,
      raw_line_ref: message.rawLineRef ?? null,
      snapshot_id: batch.snapshotId ?? null,
      execution_id: batch.executionId ?? null,
      first_seen_at: now,
      last_seen_at: now,
      payload_json:
        message.payload === undefined ? null : this.contracts.document(IMPORTANT_MESSAGE.name, message.payload),
    }));
    return bulkInsert(
      tx.manager,
      'important_messages',
      {
        id: 'uuid',
        machine_id: 'uuid',
        source: 'text',
        category: 'text',
        severity: 'text',
        package_name: 'text',
        component: 'text',
        message: 'text',
        dedup_key: 'text',
        raw_line_ref: 'text',
        snapshot_id: 'uuid',
        execution_id: 'uuid',
        first_seen_at: 'timestamptz',
        last_seen_at: 'timestamptz',
        payload_json: 'jsonb',
      },
      rows,
    );
  }
}

/** What is seen again is as open as it was, or open again, and what is new is open: all are counted without another look. */
const SEEN_AGAIN = prepared(`
  WITH now AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS now (key text, message text, ref text)),
  anew AS (
    SELECT m.id, m.acknowledged FROM important_messages m JOIN now ON now.key = m.dedup_key
     WHERE m.machine_id = $1 AND m.category = 'error'
       AND (($4::uuid IS NOT NULL AND m.execution_id IS DISTINCT FROM $4::uuid) OR m.gone_at IS NOT NULL)),
  gone AS (
    UPDATE important_messages m SET gone_at = $3
     WHERE m.machine_id = $1 AND m.category = 'error' AND m.source = $5 AND m.gone_at IS NULL
       AND m.payload_json ->> 'code' = ANY ($6::text[]) AND COALESCE(m.component, '') <> ALL ($7::text[])
       AND NOT EXISTS (SELECT 1 FROM now WHERE now.key = m.dedup_key)),
  seen AS (
    UPDATE important_messages m SET last_seen_at = $3, gone_at = NULL, message = now.message, execution_id = COALESCE($4::uuid, m.execution_id),
           raw_line_ref = CASE WHEN anew.id IS NULL THEN COALESCE(now.ref, m.raw_line_ref) ELSE now.ref END,
           acknowledged = m.acknowledged AND anew.id IS NULL,
           acknowledged_at = CASE WHEN anew.id IS NULL THEN m.acknowledged_at END,
           acknowledged_by = CASE WHEN anew.id IS NULL THEN m.acknowledged_by END
      FROM now LEFT JOIN important_messages was ON was.machine_id = $1 AND was.dedup_key = now.key LEFT JOIN anew ON anew.id = was.id
     WHERE m.machine_id = $1 AND m.dedup_key = now.key RETURNING m.dedup_key)
  SELECT ARRAY(SELECT dedup_key FROM seen) AS keys,
         (SELECT count(*)::int FROM important_messages WHERE machine_id = $1 AND NOT acknowledged)
           + (SELECT count(*)::int FROM anew WHERE acknowledged) AS open`);

/** A code names the same message whatever figures stand in its words; without one the words themselves do. */
function dedupKey(source: MessageSource, message: ImportantMessage): string {
  const code = message.payload?.code ?? message.message;
  const parts = [source, message.category, message.packageName, message.component, code];
  return hash('sha256', JSON.stringify(parts));
}
