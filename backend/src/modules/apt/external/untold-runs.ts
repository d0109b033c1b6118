import type { EntityManager } from 'typeorm';
import { queryRows } from '../../../kernel/database/rows';
import { appliedRows, insertApplied } from './logged-packages';
import type { ToldApart } from './own-runs';

/**
 * What runs of ours did that have ended here without a measured result: given up while their machine was away, vanished, begun
 * though they were cancelled. Where such a run goes on out there, what it does later is added by the next reading.
 */
export async function storeUntold(
  manager: EntityManager,
  machineId: string,
  own: ToldApart['own'],
  since: Date,
): Promise<void> {
  if (own.size === 0) return;
  const untold = await queryRows<{ id: string }>(manager, UNTOLD, [machineId, [...own.keys()]]);
  const rows = untold.flatMap(({ id }) =>
    (own.get(id) ?? [])
      .filter(({ startedAt }) => startedAt >= since)
      .flatMap((change) => appliedRows(id, machineId, change)),
  );
  await insertApplied(manager, rows);
}

const UNTOLD = `
  SELECT id FROM executions e WHERE machine_id = $1 AND id = ANY($2::uuid[]) AND status <> 'running'
     AND (result_json IS NULL OR NOT EXISTS (SELECT FROM apt_applied_packages p WHERE p.execution_id = e.id))`;
