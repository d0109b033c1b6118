import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { unreadable, type DocumentDto } from '../../../kernel/contracts/document.dto';
import { queryRows } from '../../../kernel/database/rows';
import { ACTION_PLAN, type ActionPlanDocument } from '../contracts/action-plan';
import type { JobStatus, TargetStatus } from '../entities/jobs.values';
import type { PlannedTarget } from './several-machines';

/** One machine of a request of several, and how far it is. */
export interface RequestTarget {
  readonly machineId: string;
  readonly machineName: string;
  readonly status: TargetStatus;
  /** Why it was left out, or has expired. */
  readonly statusReason: string | null;
  readonly planDigest: string | null;
  /** Null: there is none, or it cannot be read, see `unreadable`. */
  readonly plan: ActionPlanDocument | null;
  readonly planJobId: string | null;
  readonly jobId: string | null;
  readonly executionId: string | null;
  /** Of the job that carries it out, or of what it left; null before. */
  readonly runStatus: JobStatus | null;
  readonly errorKind: string | null;
  readonly errorMessage: string | null;
  /** The plan, where it is stored in a form that this program cannot read. */
  readonly unreadable: readonly DocumentDto[];
}

interface TargetRow extends Omit<RequestTarget, 'plan' | 'unreadable'> {
  readonly stored: unknown;
}

/** Reads the machines of requests. */
@Injectable()
export class RequestTargets {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** By the names of the machines. */
  async of(requestId: string, manager: EntityManager = this.dataSource.manager): Promise<RequestTarget[]> {
    return this.read(manager, requestId, null);
  }

  /** Null: the machine is not in the request. */
  async find(requestId: string, machineId: string): Promise<RequestTarget | null> {
    return (await this.read(this.dataSource.manager, requestId, machineId))[0] ?? null;
  }

  private async read(manager: EntityManager, requestId: string, machineId: string | null): Promise<RequestTarget[]> {
    const rows = await queryRows<TargetRow>(manager, TARGETS, [requestId, machineId]);
    return rows.map(({ stored, ...target }) => {
      if (stored === null) return { ...target, plan: null, unreadable: [] };
      const reading = this.contracts.read<ActionPlanDocument>(ACTION_PLAN.name, stored);
      const plan = reading.readable ? reading.document : null;
      return { ...target, plan, unreadable: unreadable({ [ACTION_PLAN.name]: reading }) };
    });
  }
}

/** Those that have a plan which can be read. */
export function plannedOf(targets: readonly RequestTarget[]): PlannedTarget[] {
  return targets.flatMap(({ machineId, planDigest, plan }) =>
    plan === null || planDigest === null ? [] : [{ machineId, planDigest, plan }],
  );
}

const TARGETS = `
  SELECT t.machine_id AS "machineId", m.name AS "machineName", t.status, t.status_reason AS "statusReason",
    t.plan_digest AS "planDigest", t.plan_json AS stored, t.plan_job_id AS "planJobId", t.job_id AS "jobId",
    t.execution_id AS "executionId", COALESCE(j.status, e.status) AS "runStatus",
    COALESCE(j.error_kind, e.error_kind) AS "errorKind", COALESCE(j.error_message, e.error_message) AS "errorMessage"
  FROM action_request_targets t JOIN machines m ON m.id = t.machine_id
    LEFT JOIN jobs j ON j.id = t.job_id LEFT JOIN executions e ON e.id = t.execution_id
  WHERE t.request_id = $1 AND ($2::uuid IS NULL OR t.machine_id = $2) ORDER BY lower(m.name), t.machine_id`;
