import { Injectable } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { queryOne } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import { OnDomainEvent, type DomainEvent } from '../../kernel/events/domain-event';
import { ActionRegistry } from '../jobs/actions/action-registry';
import { isPlanAction, planActionName } from '../jobs/actions/plan-action';
import { JOB_RESULT, type JobResultDocument } from '../jobs/contracts/job-documents';
import { AptRepository } from './apt.repository';

interface FailedRow {
  readonly error_message: string | null;
  readonly result_json: unknown;
  readonly finished_at: Date | null;
  readonly execution_id: string | null;
}

/**
 * Keeps what every change, and every plan of one, failed by among the errors of its machine: those of connecting, of a restart and of
 * services too, which no reader of apt's words finds. Where a run has told its errors itself, those stand alone.
 */
@Injectable()
export class FailedRuns {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly contracts: Contracts,
    private readonly repository: AptRepository,
  ) {}

  @OnDomainEvent('job_failed')
  async record({ jobId, machineId, message, payload }: DomainEvent, tx: Transaction): Promise<void> {
    const { kind, errorKind } = payload ?? {};
    if (jobId == null || machineId === null || typeof kind !== 'string' || !this.changes(kind)) return;
    const row = await queryOne<FailedRow>(tx.manager, FAILED, [jobId]);
    if (row === null) return;
    const { error_message: told, result_json, finished_at, execution_id: executionId } = row;
    const result = this.contracts.read<JobResultDocument>(JOB_RESULT.name, result_json);
    await this.repository.storeFailure(tx, {
      machineId,
      executionId,
      at: finished_at ?? new Date(),
      kind: typeof errorKind === 'string' ? errorKind : 'unknown',
      message: told ?? message,
      remediation: result.readable ? result.document.error_action : null,
    });
  }

  private changes(kind: string): boolean {
    const change = isPlanAction(kind) ? kind.slice(0, -planActionName('').length) : kind;
    return this.registry.findChange(change) !== undefined;
  }
}

/** An execution has the id of its job; a plan has none. */
const FAILED = `
  SELECT j.error_message, j.result_json, j.finished_at, e.id AS execution_id
  FROM jobs j LEFT JOIN executions e ON e.id = j.id
  WHERE j.id = $1 AND NOT EXISTS (SELECT 1 FROM apt_errors a WHERE a.execution_id = e.id)`;
