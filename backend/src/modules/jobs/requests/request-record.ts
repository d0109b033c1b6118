import type { Actor } from '../../../kernel/auth/actor';
import type { DocumentDto } from '../../../kernel/contracts/document.dto';
import type { ActionPlanDocument } from '../contracts/action-plan';
import type { ActionRequestStatus } from '../entities/jobs.values';

/** A request for one change on one machine, as the rest of the program sees it. */
export interface RequestRecord {
  readonly id: string;
  readonly action: string;
  readonly machineId: string;
  readonly machineName: string;
  /** An overdue one is `expired`, whether the sweep has been there or not. */
  readonly status: ActionRequestStatus;
  readonly risk: string | null;
  readonly summary: string | null;
  readonly requestedBy: Actor;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly planDigest: string | null;
  readonly approvedAt: Date | null;
  readonly approvedBy: string | null;
  readonly rejectedAt: Date | null;
  readonly rejectedBy: string | null;
  readonly decisionReason: string | null;
  /** The job that made the plan; null once it is gone. */
  readonly planJobId: string | null;
  /** The job that carries it out; null before the confirmation. */
  readonly jobId: string | null;
  readonly executionId: string | null;
}

export interface RequestWithPlan extends RequestRecord {
  /** Null when it cannot be read. */
  readonly plan: ActionPlanDocument | null;
  readonly unreadable: readonly DocumentDto[];
}

/** How a plan differs from the one before it, by lines. */
export interface PlanDifference {
  readonly requestId: string;
  readonly createdAt: Date;
  readonly requestedBy: Actor;
  /** Lines that both have. */
  readonly same: number;
  readonly added: readonly string[];
  readonly missing: readonly string[];
}
