import { Injectable } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { bulkInsert } from '../../kernel/database/bulk-insert';
import { newId } from '../../kernel/database/ids';
import type { Transaction } from '../../kernel/database/transaction';
import type { StoreContext } from '../jobs/actions/job-action';
import type { PlannedPackage } from './analysis/planned-packages';
import { APT_ERROR_LINES } from './contracts/apt-update-analyze.v1.schema';
import type { AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';

/** The only place with SQL for `apt_planned_packages` and `apt_errors`; one statement per table, however many rows. */
@Injectable()
export class AptRepository {
  constructor(private readonly contracts: Contracts) {}

  async storePlans(tx: Transaction, context: StoreContext, planned: readonly PlannedPackage[]): Promise<void> {
    const rows = planned.map((row) => ({
      id: newId(),
      snapshot_id: context.snapshotId,
      machine_id: context.machineId,
      mode: row.mode,
      name: row.name,
      arch: row.arch,
      current_version: row.current_version,
      target_version: row.target_version,
      origin: row.origin,
      operation: row.operation,
      reason: row.reason,
      reason_detail: row.detail,
      is_security: row.security,
      dedup_key: row.dedup_key,
    }));
    await bulkInsert(
      tx.manager,
      'apt_planned_packages',
      {
        id: 'uuid',
        snapshot_id: 'uuid',
        machine_id: 'uuid',
        mode: 'text',
        name: 'text',
        arch: 'text',
        current_version: 'text',
        target_version: 'text',
        origin: 'text',
        operation: 'text',
        reason: 'text',
        reason_detail: 'text',
        is_security: 'boolean',
        dedup_key: 'text',
      },
      rows,
    );
  }

  async storeErrors(tx: Transaction, context: StoreContext, document: AptUpdateAnalyze): Promise<void> {
    const rows = document.errors.map((error) => ({
      id: newId(),
      snapshot_id: context.snapshotId,
      machine_id: context.machineId,
      kind: error.kind,
      severity: error.severity,
      message: error.message,
      important_lines_json: this.contracts.document(APT_ERROR_LINES.name, { lines: error.important_lines }),
      remediation: error.remediation,
      created_at: context.finishedAt,
    }));
    await bulkInsert(
      tx.manager,
      'apt_errors',
      {
        id: 'uuid',
        snapshot_id: 'uuid',
        machine_id: 'uuid',
        kind: 'text',
        severity: 'text',
        message: 'text',
        important_lines_json: 'jsonb',
        remediation: 'text',
        created_at: 'timestamptz',
      },
      rows,
    );
  }
}
