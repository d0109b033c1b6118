import type { Actor } from '../../../kernel/auth/actor';
import type { DocumentDto } from '../../../kernel/contracts/document.dto';
import type { ActionPlanDocument } from '../contracts/action-plan';
import type { ActionRequesterType, ActionRequestStatus, JobStatus } from '../entities/jobs.values';
import type { RequestApproval } from '../rules/approval';
import type { MadeRequest } from '../rules/approvals';

/** A request for one change, as the rest of the program sees it. */
export interface RequestRecord {
  readonly id: string;
  readonly action: string;
  /** Null: it is for several. */
  readonly machineId: string | null;
  readonly machineName: string | null;
  /** Those that are in it; of several, those that are not planned yet too. */
  readonly machines: number;
  /** Machines that it was asked for and that are not in it. */
  readonly leftOut: number;
  /** Machines that are not planned yet. */
  readonly planning: number;
  /** An overdue one is `expired`, whether the sweep has been there or not. */
  readonly status: ActionRequestStatus;
  readonly risk: string | null;
  readonly summary: string | null;
  readonly requestedBy: Actor;
  /** Of a schedule: the users who answer for what it asks. Null: not known, or somebody asked by name. */
  readonly answerableIds: readonly string[] | null;
  /** Of a schedule: its run that asked for it. */
  readonly occurrenceId: string | null;
  /** Of a schedule: why it left the decision to people, a sentence a line; null: it did not, or has not looked at it yet. */
  readonly personReason: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly planDigest: string | null;
  /** What the rules asked for when it was made; null: from before there were rules, or not to be read. */
  readonly approval: RequestApproval | null;
  /** When and by whom it was decided, whichever way; null before, and when nobody did in time. */
  readonly decidedAt: Date | null;
  readonly decidedBy: string | null;
  readonly decidedById: string | null;
  /** Why it was decided so, or has expired. */
  readonly decisionReason: string | null;
  /** The job that made the plan; null once it is gone. */
  readonly planJobId: string | null;
  /** The job that carries it out; null before the confirmation. */
  readonly jobId: string | null;
  readonly executionId: string | null;
  /** How that job stands, or how it ended; null: there is none, or several. */
  readonly runStatus: JobStatus | null;
}

/** Taken back by whoever had asked for it. Pure. */
export function isWithdrawn({ status, requestedBy, decidedById }: RequestRecord): boolean {
  return status === 'rejected' && requestedBy.type === 'user' && decidedById !== null && decidedById === requestedBy.id;
}

/** As the rules of approval are asked about it. Pure. */
export function askedOf({ id, action, risk, requestedBy, machines, approval }: RequestRecord): MadeRequest {
  const requester = requesterType(requestedBy.type);
  return { id, action, risk, requester, machines: approval?.machines ?? machines, approval };
}

/** What the program asks for by itself, it asks for on a schedule: nobody asked for it by hand. */
export function requesterType(type: Actor['type']): ActionRequesterType {
  return type === 'system' || type === 'external' ? 'schedule' : type;
}

export interface RequestWithPlan extends RequestRecord {
  /** Null when they cannot be read. */
  readonly parameters: Record<string, unknown> | null;
  /** Null when it cannot be read, and of several machines: there each has its own. */
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
