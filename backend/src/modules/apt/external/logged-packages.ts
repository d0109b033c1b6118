import type { EntityManager } from 'typeorm';
import { bulkInsert, type BulkInsertOptions } from '../../../kernel/database/bulk-insert';
import { changeId, type LoggedChange } from './external-changes';

const COLUMNS = {
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

type LoggedRow = Readonly<Record<keyof typeof COLUMNS, string | null>>;

/** A row for each package of a change, the same ones however often it is read. */
export function appliedRows(executionId: string, machineId: string, change: LoggedChange): LoggedRow[] {
  return change.packages.map(({ name, arch, operation, from, to }, index) => ({
    // Ordered by time as those of our own runs are.
    id: changeId(machineId, change, String(index)),
    execution_id: executionId,
    machine_id: machineId,
    name,
    arch,
    from_version: from,
    to_version: to,
    operation,
    origin: null,
    dedup_key: [operation, name, arch, from ?? '', to ?? ''].join('|'),
  }));
}

/** Writes them; those of others' changes and those of runs of ours stand in one table. */
export async function insertApplied(
  manager: EntityManager,
  rows: readonly LoggedRow[],
  options?: BulkInsertOptions,
): Promise<void> {
  await bulkInsert(manager, 'apt_applied_packages', COLUMNS, rows, options);
}
