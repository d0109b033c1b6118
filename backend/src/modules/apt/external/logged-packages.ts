import type { EntityManager } from 'typeorm';
import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import { bulkInsert } from '../../../kernel/database/bulk-insert';
import { changeId, type LoggedChange } from './external-changes';

/** Of `apt_applied_packages`, whoever writes its rows. */
export const APPLIED_COLUMNS = {
  id: 'uuid',
  execution_id: 'uuid',
  machine_id: 'uuid',
  name: 'text',
  arch: 'text',
  from_version: 'text',
  to_version: 'text',
  operation: 'text',
  origin: 'text',
  dedup_key: 'text',
} as const;

type LoggedRow = Readonly<Record<keyof typeof APPLIED_COLUMNS, string | null>>;

/** A row for each package of a change, the same ones however often it is read. */
export function appliedRows(executionId: string, machineId: string, change: LoggedChange): LoggedRow[] {
  const told = new Map<string, number>();
  return change.packages.map(({ name, arch, operation, from, to }) => {
    const key = [operation, name, arch, from ?? '', to ?? ''].join('|');
    // There and back and there again is the same step twice.
    const times = (told.get(key) ?? 0) + 1;
    told.set(key, times);
    return {
      // Ordered by time as those of our own runs are.
      id: changeId(machineId, change, `${key}|${String(times)}`),
      execution_id: executionId,
      machine_id: machineId,
      name,
      arch,
      from_version: from,
      to_version: to,
      operation,
      origin: null,
      dedup_key: key,
    };
  });
}

/**
 * Writes those that are not written yet; those of others' changes and those of runs of ours stand in one table. Held secrets are masked
 * here: what is held at this moment must not make another row of the same package.
 */
export async function insertApplied(manager: EntityManager, rows: readonly LoggedRow[]): Promise<void> {
  await bulkInsert(manager, 'apt_applied_packages', APPLIED_COLUMNS, maskDistinctiveSecrets(rows), {
    onConflict: 'ON CONFLICT (id) DO NOTHING',
  });
}
