import { Injectable } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { bulkInsert } from '../../kernel/database/bulk-insert';
import { affected } from '../../kernel/database/rows';
import { newId, newIdAt } from '../../kernel/database/ids';
import type { Transaction } from '../../kernel/database/transaction';
import type { ChangeStoreContext } from '../jobs/actions/change-action';
import type { StoreContext } from '../jobs/actions/job-action';
import type { PlannedPackage } from './analysis/planned-packages';
import { APT_ERROR_LINES } from './contracts/apt-update-analyze.v1.schema';
import type { AptError, AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';
import type { AppliedPackage } from './contracts/apt-upgrade-result.v5';
import { APPLIED_COLUMNS } from './external/logged-packages';

/** The only place with SQL for `apt_planned_packages`, `apt_applied_packages` and `apt_errors`; one statement per table, however many rows. */
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

  async storeErrors(tx: Transaction, context: StoreContext, { errors }: AptUpdateAnalyze): Promise<void> {
    const { snapshotId, machineId, finishedAt } = context;
    await this.insertErrors(tx, { snapshotId, executionId: null, machineId, at: finishedAt }, errors);
  }

  /** What went wrong in a run that changed the machine. */
  async storeRunErrors(tx: Transaction, context: ChangeStoreContext, errors: readonly AptError[]): Promise<void> {
    const { executionId, machineId, finishedAt } = context;
    await this.insertErrors(tx, { snapshotId: null, executionId, machineId, at: finishedAt }, errors);
  }

  /**
   * What a change, or a plan of one, failed by. Nothing else takes that of plans away, so each that comes takes the machine's old ones
   * with it.
   */
  async storeFailure(tx: Transaction, { machineId, executionId, at, ...error }: FailedRun): Promise<void> {
    await this.insertErrors(tx, { snapshotId: null, executionId, machineId, at }, [
      { ...error, severity: 'error', important_lines: [] },
    ]);
    if (executionId === null) await affected(tx.manager, FORGET_PLANS, [machineId, at, PLAN_FAILURES_DAYS]);
  }

  /** What a run really changed at a moment, by which it stands between what others changed, and what it should have and did not. */
  async storeApplied(
    tx: Transaction,
    context: ChangeStoreContext,
    applied: readonly AppliedPackage[],
    at: Date,
  ): Promise<void> {
    const rows = applied.map(({ name, arch, operation, from_version, to_version, origin }) => ({
      id: newIdAt(at),
      execution_id: context.executionId,
      machine_id: context.machineId,
      name,
      arch,
      from_version,
      to_version,
      operation,
      origin,
      dedup_key: [operation, name, arch, from_version ?? '', to_version ?? ''].join('|'),
    }));
    await bulkInsert(tx.manager, 'apt_applied_packages', APPLIED_COLUMNS, rows);
  }

  private async insertErrors(
    tx: Transaction,
    of: { snapshotId: string | null; executionId: string | null; machineId: string; at: Date },
    errors: readonly StoredError[],
  ): Promise<void> {
    const rows = errors.map((error) => ({
      id: newId(),
      snapshot_id: of.snapshotId,
      execution_id: of.executionId,
      machine_id: of.machineId,
      kind: error.kind,
      severity: error.severity,
      message: error.message,
      important_lines_json: this.contracts.document(APT_ERROR_LINES.name, { lines: error.important_lines }),
      remediation: error.remediation,
      created_at: of.at,
    }));
    await bulkInsert(
      tx.manager,
      'apt_errors',
      {
        id: 'uuid',
        snapshot_id: 'uuid',
        execution_id: 'uuid',
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

type StoredError = Pick<AptError, 'severity' | 'message' | 'important_lines'> & {
  readonly kind: string;
  readonly remediation: string | null;
};

interface FailedRun {
  readonly machineId: string;
  /** Null: of a plan. */
  readonly executionId: string | null;
  readonly at: Date;
  readonly kind: string;
  readonly message: string;
  readonly remediation: string | null;
}

/** As long as the logs of runs are kept. */
const PLAN_FAILURES_DAYS = 180;

const FORGET_PLANS = `
  DELETE FROM apt_errors WHERE machine_id = $1 AND snapshot_id IS NULL AND execution_id IS NULL
    AND created_at < $2::timestamptz - make_interval(days => $3::int)`;
