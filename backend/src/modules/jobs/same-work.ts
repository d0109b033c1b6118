import type { Actor } from '../../kernel/auth/actor';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { isPlanAction } from './actions/plan-action';

/** A reading action that somebody asks for. */
export interface WantedReading {
  readonly kind: string;
  readonly machineIds: readonly string[];
  readonly parameters: JsonDocument;
  readonly askedBy: Actor;
}

/**
 * By machine, the job that does the very same already. One that is about to be cancelled does not count. A plan becomes the request of
 * whoever asked for it, who alone may withdraw it: another's is not the same.
 */
export async function findSame(tx: Transaction, wanted: WantedReading): Promise<Map<string, string>> {
  const { kind, machineIds, parameters, askedBy } = wanted;
  const values = [machineIds, kind, parameters];
  const rows = isPlanAction(kind)
    ? await queryRows<SameRow>(tx.manager, SAME_OF_ASKER, [...values, askedBy.type, askedBy.id])
    : await queryRows<SameRow>(tx.manager, SAME, values);
  return new Map(rows.map((row) => [row.machine_id, row.id]));
}

/** These jobs are asked for again: with more urgency the dispatcher lets them go first, and whoever asked before cannot end them alone. */
export async function join(tx: Transaction, jobIds: readonly string[], priority: number, by: Actor): Promise<void> {
  if (jobIds.length === 0) return;
  await affected(tx.manager, RAISE, [jobIds, priority]);
  await affected(tx.manager, SHARE, [jobIds, by.type, by.id]);
}

interface SameRow {
  id: string;
  machine_id: string;
}

const WHICH = `
  SELECT DISTINCT ON (machine_id) id, machine_id FROM jobs
  WHERE machine_id = ANY($1::uuid[]) AND kind = $2 AND status IN ('queued', 'running') AND cancel_requested_at IS NULL
    AND payload_json = $3::jsonb AND request_id IS NULL`;

const OF_ASKER = `AND occurrence_id IS NULL AND requested_by_type = $4 AND requested_by_id IS NOT DISTINCT FROM $5`;

const FIRST = 'ORDER BY machine_id, status DESC, created_at';

const SAME = prepared(`${WHICH} ${FIRST}`);
const SAME_OF_ASKER = prepared(`${WHICH} ${OF_ASKER} ${FIRST}`);

const RAISE = `
  UPDATE jobs SET priority = $2, phase = 'waiting', boss_job_id = NULL
  WHERE id = ANY($1::uuid[]) AND status = 'queued' AND priority < $2`;

const SHARE = `
  UPDATE jobs SET shared = true
  WHERE id = ANY($1::uuid[]) AND NOT shared
    AND (requested_by_type IS DISTINCT FROM $2 OR requested_by_id IS DISTINCT FROM $3)`;
