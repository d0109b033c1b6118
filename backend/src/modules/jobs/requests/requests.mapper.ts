import type { Contracts } from '../../../kernel/contracts/contracts';
import { toDocument } from '../../../kernel/contracts/document.dto';
import { saidIn } from '../../../kernel/sentences/said';
import type { ActionRegistry } from '../actions/action-registry';
import { planActionName } from '../actions/plan-action';
import type { ActionPlanDocument } from '../contracts/action-plan';
import { sentencesOf, type Approval } from '../rules/approval';
import type { ApprovalDto, PlanDifferenceDto, PlanDto, RequestDetailDto, RequestDto } from './dto/requests.dto';
import { isWithdrawn, type PlanDifference, type RequestRecord, type RequestWithPlan } from './request-record';

/** `approval`: what counts at a decision now, where that was found out; else what was asked for when it was made. */
export function toRequest(
  request: RequestRecord,
  registry: Pick<ActionRegistry, 'title'>,
  approval: Approval | null = request.approval,
): RequestDto {
  const { requestedBy, summary, decisionReason } = request;
  const told = { title: registry.title(request.action), summary, decisionReason };
  return {
    ...told,
    said: saidIn(told, ['title', 'summary', 'decisionReason']),
    id: request.id,
    action: request.action,
    machineId: request.machineId,
    machineName: request.machineName,
    status: request.status,
    risk: request.risk,
    requestedBy: { type: requestedBy.type, name: requestedBy.name },
    requestedById: requestedBy.id,
    approval: toApproval(approval),
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    planDigest: request.planDigest,
    decidedAt: request.decidedAt,
    decidedBy: request.decidedBy,
    withdrawn: isWithdrawn(request),
    planJobId: request.planJobId,
    jobId: request.jobId,
    executionId: request.executionId,
  };
}

export function toRequestDetail(
  request: RequestWithPlan,
  approval: Approval,
  difference: PlanDifference | null,
  registry: Pick<ActionRegistry, 'title'>,
  contracts: Contracts,
): RequestDetailDto {
  const { plan, unreadable } = request;
  return Object.assign(toRequest(request, registry, approval), {
    plan: plan === null ? null : toPlan(request.action, plan, difference, contracts),
    blocked: plan?.checks.some(({ verdict }) => verdict === 'blocked') ?? false,
    unreadable: [...unreadable],
  });
}

function toApproval(approval: Approval | null): ApprovalDto {
  const why = approval === null ? '' : sentencesOf(approval).join('\n');
  const told = { why: why === '' ? null : why };
  return {
    ...told,
    said: saidIn(told, ['why']),
    ownConfirmation: approval?.ownConfirmation ?? false,
    fourEyes: approval?.fourEyes ?? false,
    administrators: approval?.administrators ?? false,
  };
}

function toPlan(
  action: string,
  { parameters, lines, consequences, checks, details }: ActionPlanDocument,
  difference: PlanDifference | null,
  contracts: Contracts,
): PlanDto {
  const contract = planActionName(action);
  return {
    parameters,
    lines: [...lines],
    consequences: consequences.map((consequence) => ({ ...consequence, said: saidIn(consequence, ['sentence']) })),
    checks: checks.map((check) => ({ ...check, said: saidIn(check, ['sentence', 'action']) })),
    details: toDocument(contract, contracts.read(contract, details), contracts.sentencesOf(contract)),
    sinceLastPlan: difference === null ? null : toDifference(difference),
  };
}

function toDifference({ requestedBy, added, missing, ...rest }: PlanDifference): PlanDifferenceDto {
  return {
    ...rest,
    requestedBy: { type: requestedBy.type, name: requestedBy.name },
    added: [...added],
    missing: [...missing],
  };
}
