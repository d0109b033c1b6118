import type { Contracts } from '../../../kernel/contracts/contracts';
import { canonicalJson } from '../../../kernel/contracts/canonical-json';
import { toDocument } from '../../../kernel/contracts/document.dto';
import { saidIn } from '../../../kernel/sentences/said';
import type { ActionRegistry } from '../actions/action-registry';
import { planActionName } from '../actions/plan-action';
import { toMaintenance } from '../gate/maintenance.mapper';
import type { GateStanding } from '../gate/start-gate';
import type { ActionPlanDocument } from '../contracts/action-plan';
import { sentencesOf, type Approval } from '../rules/approval';
import type {
  ApprovalDto,
  PlanDifferenceDto,
  PlanDto,
  RequestDetailDto,
  RequestDto,
  RequestTargetDto,
  SeveralMachinesDto,
  TargetPlanDto,
} from './dto/requests.dto';
import { plannedOf, type RequestTarget } from './request-targets';
import { sharedEffects, type PlannedTarget } from './several-machines';
import { isWithdrawn, type PlanDifference, type RequestRecord, type RequestWithPlan } from './request-record';

/** What is read beside a request for its page. */
export interface PlanFacts {
  /** To the plan before; null without one. */
  readonly difference: PlanDifference | null;
  /** Null: the request is for one machine. */
  readonly targets: readonly RequestTarget[] | null;
  /** By machine: when the change may begin. Empty unless the request waits. */
  readonly standings: ReadonlyMap<string, GateStanding>;
}

/** `approval`: what counts at a decision now, where that was found out; else what was asked for when it was made. */
export function toRequest(
  request: RequestRecord,
  registry: Pick<ActionRegistry, 'title'>,
  approval: Approval | null = request.approval,
): RequestDto {
  const { requestedBy, summary, decisionReason, personReason, decidedBy } = request;
  const told = { title: registry.title(request.action), summary, decisionReason, personReason };
  // A policy decides in a sentence of ours; a person's name is nobody's to translate.
  const byPolicy = requestedBy.type === 'schedule' && request.decidedById === requestedBy.id ? { decidedBy } : {};
  return {
    ...told,
    said: {
      ...saidIn(told, ['title', 'summary', 'decisionReason', 'personReason']),
      ...saidIn<'decidedBy'>(byPolicy, ['decidedBy']),
    },
    id: request.id,
    action: request.action,
    machineId: request.machineId,
    machineName: request.machineName,
    machines: request.machines,
    leftOut: request.leftOut,
    planning: request.planning,
    status: request.status,
    risk: request.risk,
    requestedBy: { type: requestedBy.type, name: requestedBy.name },
    requestedById: requestedBy.id,
    answerableIds: [...(request.answerableIds ?? [])],
    occurrenceId: request.occurrenceId,
    approval: toApproval(approval),
    createdAt: request.createdAt,
    expiresAt: request.expiresAt,
    planDigest: request.planDigest,
    decidedAt: request.decidedAt,
    decidedBy,
    withdrawn: isWithdrawn(request),
    planJobId: request.planJobId,
    jobId: request.jobId,
    executionId: request.executionId,
    runStatus: request.runStatus,
  };
}

export function toRequestDetail(
  request: RequestWithPlan,
  approval: Approval,
  { difference, targets, standings }: PlanFacts,
  registry: Pick<ActionRegistry, 'title'>,
  contracts: Contracts,
): RequestDetailDto {
  const { plan, unreadable } = request;
  return Object.assign(toRequest(request, registry, approval), {
    plan: plan === null ? null : toPlan(request.action, plan, difference, contracts),
    several: targets === null ? null : toSeveral(targets, standings, request.parameters ?? {}),
    blocked: plan?.checks.some(({ verdict }) => verdict === 'blocked') ?? false,
    unreadable: [...unreadable],
  });
}

/** One machine of a request for several. */
export function toTargetPlan(
  request: RequestRecord,
  target: RequestTarget,
  { difference, standings }: Omit<PlanFacts, 'targets'>,
  registry: Pick<ActionRegistry, 'title'>,
  contracts: Contracts,
): TargetPlanDto {
  const { plan } = target;
  return {
    request: toRequest(request, registry),
    target: toTarget(target, standings),
    plan: plan === null ? null : toPlan(request.action, plan, difference, contracts),
  };
}

/** Only what is in the request: of machines that were left out it is enough to say why. */
function toSeveral(
  targets: readonly RequestTarget[],
  standings: PlanFacts['standings'],
  parameters: Record<string, unknown>,
): SeveralMachinesDto {
  const planned = plannedOf(targets.filter(({ status }) => status !== 'skipped'));
  return {
    targets: targets.map((target) => toTarget(target, standings)),
    effects: sharedEffects(planned).map(({ line, machineIds }) => ({ line, machineIds: [...machineIds] })),
    consequences: shared(planned, ({ consequences }) => consequences).map((one) => ({
      ...one,
      said: saidIn(one, ['sentence']),
    })),
    checks: shared(planned, ({ checks }) => checks.filter(({ verdict }) => verdict !== 'ok')).map((one) => ({
      ...one,
      said: saidIn(one, ['sentence', 'action']),
    })),
    parameters,
  };
}

/** Equal ones of several machines together, in the order in which they were met. */
function shared<T extends object>(
  planned: readonly PlannedTarget[],
  of: (plan: ActionPlanDocument) => readonly T[],
): (T & { machineIds: string[] })[] {
  const found = new Map<string, T & { machineIds: string[] }>();
  for (const { machineId, plan } of planned) {
    for (const one of of(plan)) {
      const key = canonicalJson(one);
      const known = found.get(key);
      if (known === undefined) found.set(key, { ...one, machineIds: [machineId] });
      else known.machineIds.push(machineId);
    }
  }
  return [...found.values()];
}

function toTarget(
  { plan, statusReason, errorMessage, ...target }: RequestTarget,
  standings: PlanFacts['standings'],
): RequestTargetDto {
  const standing = standings.get(target.machineId);
  const told = { reason: statusReason, summary: plan?.summary ?? null, errorMessage };
  const said = saidIn(told, ['reason', 'summary', 'errorMessage']);
  return {
    ...target,
    ...told,
    risk: plan?.risk ?? null,
    said,
    maintenance: standing === undefined ? null : toMaintenance(standing),
    unreadable: [...target.unreadable],
  };
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
