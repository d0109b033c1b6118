import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { AuditAction } from '../../../kernel/audit/audit-actions';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import { Clock } from '../../../kernel/clock';
import { newId } from '../../../kernel/database/ids';
import { queryRows } from '../../../kernel/database/rows';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { violatedUniqueConstraint } from '../../../kernel/errors/database-errors';
import { DomainError, invalidInput, notFound, type FieldProblem } from '../../../kernel/errors/domain-error';
import { ActionRegistry } from '../actions/action-registry';
import { say } from '../jobs.sentences';
import type { ApprovalConditions } from './approval-conditions';
import { ApprovalRulesRepository, type ApprovalRule, type RuleContent } from './approval-rules.repository';

/** Rules of approval: added, changed and removed by people, each change in the audit. */
@Injectable()
export class ApprovalRules {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly repository: ApprovalRulesRepository,
    private readonly registry: ActionRegistry,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** By name. */
  all(): Promise<ApprovalRule[]> {
    return this.repository.all(this.database);
  }

  /** @throws DomainError 400 `invalid_input`, 409 `rule_name_taken` */
  create(content: RuleContent, origin: RequestOrigin): Promise<ApprovalRule> {
    return this.unlessNameTaken(content, async (tx) => {
      await this.check(tx, content.conditions);
      const id = newId();
      await this.repository.insert(tx.manager, id, content, this.clock.now(), origin.actor.name);
      await this.note(tx, 'approval_rule.created', id, { after: content }, origin);
      return this.required(tx, id);
    });
  }

  /**
   * @param seen version of the rule that the person saw
   * @throws DomainError 404; 400 `invalid_input`; 409 `rule_changed`, `rule_name_taken`
   */
  change(id: string, content: RuleContent, seen: number, origin: RequestOrigin): Promise<ApprovalRule> {
    return this.unlessNameTaken(content, async (tx) => {
      const before = await this.seen(tx, id, seen);
      await this.check(tx, content.conditions);
      await this.repository.update(tx.manager, id, content, this.clock.now(), origin.actor.name);
      await this.note(tx, 'approval_rule.changed', id, { before, after: content }, origin);
      return this.required(tx, id);
    });
  }

  /** @throws DomainError 404, or 409 `rule_changed` */
  remove(id: string, seen: number, origin: RequestOrigin): Promise<void> {
    return this.transactions.run(async (tx) => {
      const before = await this.seen(tx, id, seen);
      await this.repository.remove(tx.manager, id);
      await this.note(tx, 'approval_rule.removed', id, { before }, origin);
    });
  }

  /** @throws DomainError 400 `invalid_input`: what no request could ever be is a mistake */
  async check(tx: Pick<Transaction, 'manager'>, { actions, tagIds }: ApprovalConditions): Promise<void> {
    const unknown = actions.filter((name) => this.registry.findChange(name) === undefined);
    const known = await queryRows<{ id: string }>(
      tx.manager,
      'SELECT id FROM tags WHERE id = ANY($1::uuid[]) ORDER BY id FOR KEY SHARE',
      [tagIds],
    );
    const problems: FieldProblem[] = [
      ...unknown.map((action) => ({ field: 'conditions.actions', message: say.rule_no_change({ action }) })),
      ...(known.length < new Set(tagIds).size ? [{ field: 'conditions.tagIds', message: say.rule_no_tag() }] : []),
    ];
    if (problems.length > 0) throw invalidInput(problems);
  }

  private async seen(tx: Transaction, id: string, version: number): Promise<ApprovalRule> {
    const rule = await this.required(tx, id);
    if (rule.version === version) return rule;
    throw new DomainError({
      code: 'rule_changed',
      status: 409,
      detail: say.rule_changed({ name: rule.updatedBy }),
      action: say.rule_changed_action(),
    });
  }

  private async required(tx: Transaction, id: string): Promise<ApprovalRule> {
    const rule = await this.repository.held(tx.manager, id);
    if (rule === null) throw notFound('rule');
    return rule;
  }

  private async unlessNameTaken<T>({ name }: RuleContent, work: (tx: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.transactions.run(work);
    } catch (error) {
      if (violatedUniqueConstraint(error) !== 'approval_rules_name_key') throw error;
      throw new DomainError({ code: 'rule_name_taken', status: 409, detail: say.rule_name_taken({ name }) });
    }
  }

  private async note(
    tx: Transaction,
    action: Extract<AuditAction, `approval_rule.${string}`>,
    id: string,
    { before, after }: { before?: RuleContent | ApprovalRule; after?: RuleContent },
    origin: RequestOrigin,
  ): Promise<void> {
    await this.audit.record(tx.manager, {
      ...origin,
      action,
      objectType: 'approval_rule',
      objectId: id,
      outcome: 'ok',
      details: { ...(before && { before: told(before) }), ...(after && { after: told(after) }) },
    });
  }
}

function told({ name, enabled, demand, conditions }: RuleContent | ApprovalRule): object {
  return { name, enabled, demand, conditions };
}
