import { Injectable } from '@nestjs/common';
import { assertAllowed } from '../../../kernel/auth/access.guard';
import type { Principal } from '../../../kernel/auth/actor';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import type { Transaction } from '../../../kernel/database/transaction';
import { DomainError, invalidInput, type FieldProblem } from '../../../kernel/errors/domain-error';
import { ActionRegistry } from '../../jobs/actions/action-registry';
import { say } from '../automation.sentences';
import type { PolicyDocument, ScheduledAction, ScopeDocument } from '../contracts/schedule-documents';
import type { SaveScheduleDto } from '../dto/schedule-input.dto';
import { MachineScope } from '../scope/machine-scope';
import { noticesOf } from '../scope/scope-preview';
import { ONCE, timingProblem, type Timing } from '../times/due-times';
import { policyDocument, scopeDocument } from './schedules.mapper';

/** What a person wants a schedule to be, checked against everything that the program knows. */
export interface CheckedSchedule {
  readonly timing: Timing;
  readonly scope: ScopeDocument;
  readonly actions: readonly ScheduledAction[];
  /** Null: every action only reads. */
  readonly policy: PolicyDocument | null;
}

/** Checks what people want schedules to be. Each refusal names its field. */
@Injectable()
export class ScheduleInput {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly machines: MachineScope,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * @throws DomainError 400 naming the fields; 403 when an action is not this person's to start, or to confirm;
   *   409 `scope_not_acknowledged` with what is missing
   */
  async check(tx: Transaction, input: SaveScheduleDto, by: Principal): Promise<CheckedSchedule> {
    const timing: Timing = { cron: input.cron.trim(), runAt: input.runAt, timezone: input.timezone };
    checkTiming(timing);
    await this.checkRunAt(tx, timing, input.enabled);
    const actions = this.actions(input);
    this.assertMayStart(actions, by);
    const problems = [...windowProblems(input), ...this.policyProblems(input, actions)];
    if (problems.length > 0) throw invalidInput(problems);
    const scope = scopeDocument(input.scope);
    await this.checkScope(tx, scope, input);
    return { timing, scope, actions, policy: input.policy === null ? null : policyDocument(input.policy) };
  }

  /** Whoever saves, starts or switches on a schedule must be allowed to start what it does. @throws DomainError 403 */
  assertMayStart(actions: readonly ScheduledAction[], by: Principal): void {
    for (const { action } of actions) {
      const declaration = this.registry.find(action)?.declaration;
      if (declaration === undefined) continue;
      assertAllowed(by, declaration.permission);
      if (declaration.kind === 'change') assertAllowed(by, 'changes.confirm');
    }
  }

  /** A single run that is over already would never come. */
  private async checkRunAt(tx: Transaction, { cron, runAt }: Timing, enabled: boolean): Promise<void> {
    if (!enabled || cron !== ONCE || runAt === null) return;
    if (runAt > (await this.clock.now(tx.manager))) return;
    throw invalidInput([{ field: 'runAt', message: say.run_at_past({ field: 'runAt' }) }]);
  }

  /** What is turned off may hold a day that has passed. */
  private actions({ actions, enabled }: Pick<SaveScheduleDto, 'actions' | 'enabled'>): ScheduledAction[] {
    return actions.map(({ action, parameters }, index) => {
      const place = `actions.${String(index)}`;
      if (this.registry.find(action) === undefined) {
        const field = `${place}.action`;
        throw invalidInput([{ field, message: say.action_unknown({ field }) }]);
      }
      try {
        const { registry } = this;
        const valid = enabled
          ? registry.askedParameters(action, parameters)
          : registry.validParameters(action, parameters);
        return { action, parameters: valid };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        throw invalidInput(error.errors.map(({ field, message }) => ({ field: `${place}.${field}`, message })));
      }
    });
  }

  private policyProblems({ policy }: SaveScheduleDto, actions: readonly ScheduledAction[]): FieldProblem[] {
    const change = actions.find(({ action }) => this.registry.findChange(action) !== undefined);
    const field = 'policy';
    if (change === undefined) return policy === null ? [] : [{ field, message: say.policy_unused({ field }) }];
    const action = this.registry.title(change.action);
    if (policy === null) return [{ field, message: say.policy_missing({ field, action }) }];
    return this.acceptedProblems(policy.accepted);
  }

  /** Nobody accepts in advance what does not exist yet: another version may mean something by that word. */
  private acceptedProblems(accepted: readonly string[]): FieldProblem[] {
    const known = this.registry.consequences();
    const codes = accepted.filter((code) => !known.has(code)).join(', ');
    const field = 'policy.accepted';
    return codes === '' ? [] : [{ field, message: say.consequence_unknown({ field, codes }) }];
  }

  private async checkScope(tx: Transaction, scope: ScopeDocument, input: SaveScheduleDto): Promise<void> {
    checkScopeShape(scope);
    const { machineIds, tagIds } = await this.machines.unknown(tx.manager, scope);
    const problems: FieldProblem[] = [];
    const [inMachines, inTags] = ['scope.machineIds', 'scope.tagIds'] as const;
    if (machineIds.length > 0)
      problems.push({ field: inMachines, message: say.unknown_machines({ field: inMachines }) });
    if (tagIds.length > 0) problems.push({ field: inTags, message: say.unknown_tags({ field: inTags }) });
    if (problems.length > 0) throw invalidInput(problems);
    const findings = await this.machines.findings(tx.manager, scope, await this.clock.now(tx.manager));
    const missing = noticesOf(scope, findings).filter((notice) => !input.acknowledged.includes(notice));
    if (missing.length === 0) return;
    const { chosen, total } = findings;
    throw new DomainError({
      code: 'scope_not_acknowledged',
      status: 409,
      detail: say.scope_not_acknowledged({ machines: chosen, total }),
      action: say.scope_not_acknowledged_action(),
      extensions: { missing, machines: chosen, total },
    });
  }
}

/** @throws DomainError 400 naming the field of what makes no due times */
export function checkTiming(timing: Timing): void {
  const found = timingProblem(timing);
  if (found === null) return;
  const { field, problem } = found;
  throw invalidInput([{ field, message: say[problem]({ field }) }]);
}

/** @throws DomainError 400: the whole fleet is chosen as such, and never by naming nothing */
export function checkScopeShape({ whole_fleet, machine_ids, tag_ids }: ScopeDocument): void {
  const named = machine_ids.length + tag_ids.length > 0;
  const field = 'scope';
  if (whole_fleet && named) throw invalidInput([{ field, message: say.scope_both({ field }) }]);
  if (!whole_fleet && !named) throw invalidInput([{ field, message: say.scope_undecided({ field }) }]);
}

function windowProblems({ missedRuns, windowSeconds }: SaveScheduleDto): FieldProblem[] {
  const field = 'windowSeconds';
  return missedRuns === 'window' && windowSeconds === null ? [{ field, message: say.window_missing({ field }) }] : [];
}
