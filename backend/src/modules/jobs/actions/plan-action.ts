import type {
  ActionOutcome,
  ActionContext,
  ActionScript,
  CollectedRun,
  ReadAction,
  ReadDeclaration,
} from './job-action';
import type { ChangeAction, ChangeDeclaration, ChangePlan } from './change-action';
import type { PlanRecorder } from '../requests/plan-recorder';
import { ACTION_PLAN } from '../contracts/action-plan';

/** The name of the reading action that makes a change's plan. */
export function planActionName(change: string): string {
  return `${change}_plan`;
}

/** Whether jobs of this kind make plans. */
export function isPlanAction(kind: string): boolean {
  return kind.endsWith(planActionName(''));
}

/** The reading run that every change begins with: it makes the plan that a person confirms. */
export class PlanAction implements ReadAction<object> {
  readonly declaration: ReadDeclaration;

  constructor(
    private readonly change: ChangeAction<object>,
    private readonly plans: PlanRecorder,
  ) {
    this.declaration = declarationOf(change.declaration);
  }

  script(context: ActionContext<object>): ActionScript | Promise<ActionScript> {
    return this.change.planScript(context);
  }

  async collect(run: CollectedRun, context: ActionContext<object>): Promise<ActionOutcome> {
    // What half an answer shows is not what would happen.
    if (run.brokenBy !== null) return failed(run.brokenBy);
    const outcome = await this.change.plan(run, context);
    const { name } = this.change.declaration;
    switch (outcome.kind) {
      case 'failed':
        return failed(outcome.failure, outcome.failedSteps);
      case 'nothing':
        return {
          status: 'ok',
          summary: outcome.summary,
          store: (tx, { machineId, jobId }) =>
            this.plans.nothingToDo(tx, { action: name, machineId, jobId }, context.parameters),
        };
      case 'planned':
        this.assertDeclared(outcome.plan);
        return {
          status: 'ok',
          summary: outcome.plan.summary,
          failedSteps: outcome.failedSteps ?? [],
          store: (tx, stored) =>
            this.plans.record(tx, {
              change: this.change.declaration,
              plan: outcome.plan,
              parameters: context.parameters,
              ...stored,
            }),
        };
    }
  }

  /** What a plan entails is known before it is made: policies accept it in advance by its code. */
  private assertDeclared({ consequences }: ChangePlan): void {
    const { name, consequences: declared } = this.change.declaration;
    const unknown = consequences.filter(({ code }) => !declared.includes(code)).map(({ code }) => code);
    if (unknown.length > 0)
      throw new Error(`The action ${name} does not declare the consequence ${unknown.join(', ')}.`);
  }
}

function failed(
  { kind, message, action }: NonNullable<CollectedRun['brokenBy']>,
  failedSteps: readonly string[] = [],
): ActionOutcome {
  return { status: 'error', error: { kind, message, ...(action === null ? {} : { action }) }, failedSteps };
}

function declarationOf({
  name,
  plan,
  parameters,
  refuses,
  olderParameters,
  lockKind,
  contracts,
}: ChangeDeclaration): ReadDeclaration {
  return {
    kind: 'read',
    name: planActionName(name),
    title: plan.title,
    // Whoever may look at a machine may plan; what it takes to confirm is another matter.
    permission: 'machines.run',
    risk: 'none',
    lockKind,
    timeoutSeconds: plan.timeoutSeconds,
    estimateSeconds: plan.estimateSeconds,
    maxAttempts: 2,
    steps: plan.steps,
    ...(parameters === undefined ? {} : { parameters }),
    ...(refuses === undefined ? {} : { refuses }),
    ...(olderParameters === undefined ? {} : { olderParameters }),
    contracts: [`${ACTION_PLAN.name}@2`, ...contracts.filter((one) => one.startsWith(`${planActionName(name)}@`))],
  };
}
