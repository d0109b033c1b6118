import { Injectable } from '@nestjs/common';
import { DatabaseClock } from '../../../kernel/database/database-clock';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { saidIn } from '../../../kernel/sentences/said';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { MachineEligibility } from '../../jobs/machine-eligibility';
import { say } from '../automation.sentences';
import type { ScopeDocument } from '../contracts/schedule-documents';
import type { LeftOutDto, ScopePreviewDto } from '../dto/schedule.dto';
import type { ScopeNotice } from '../dto/schedule-input.dto';
import { MachineScope, type ScopeCondition, type ScopedMachine, type ScopeFindings } from './machine-scope';

/** Machines that a preview names. */
const EXAMPLES = 20;
/** Of those that cannot be worked on so many are looked at. */
const LOOKED_AT = 10_000;

/** Says, before anything is saved, which machines a scope means and why others are left out. */
@Injectable()
export class ScopePreview {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly clock: DatabaseClock,
    private readonly machines: MachineScope,
    private readonly eligibility: MachineEligibility,
  ) {}

  async of(scope: ScopeDocument): Promise<ScopePreviewDto> {
    return this.transactions.run(async (tx) => {
      const now = await this.clock.now(tx.manager);
      const findings = await this.machines.findings(tx.manager, scope, now);
      const matching = await this.machines.matching(tx.manager, scope, now, LOOKED_AT);
      return {
        total: findings.total,
        chosen: findings.chosen,
        matching: findings.matching,
        machines: matching.slice(0, EXAMPLES),
        leftOut: [...(await this.keptOut(tx, scope, findings, now)), ...(await this.refused(tx, matching))],
        notices: noticesOf(scope, findings),
      };
    });
  }

  /** By the conditions of the scope. */
  private async keptOut(
    tx: Transaction,
    scope: ScopeDocument,
    { unmet }: ScopeFindings,
    now: Date,
  ): Promise<LeftOutDto[]> {
    const machines = await this.machines.leftOut(tx.manager, scope, now, LOOKED_AT);
    return (Object.keys(unmet) as ScopeCondition[]).flatMap((condition) => {
      if (unmet[condition] === 0) return [];
      const first = machines.filter((machine) => machine.condition === condition);
      return [leftOut(condition, conditionSentence(condition, scope), unmet[condition], first)];
    });
  }

  /** Matching machines that nothing could be started on now. */
  private async refused(tx: Transaction, matching: readonly ScopedMachine[]): Promise<LeftOutDto[]> {
    const names = new Map(matching.map(({ id, name }) => [id, name]));
    const { refused } = await this.eligibility.check(tx, [...names.keys()]);
    const byCode = Map.groupBy(refused, ({ code }) => code);
    return [...byCode].map(([code, refusals]) => {
      const machines = refusals.map(({ machineId: id }) => ({ id, name: names.get(id) ?? id }));
      return leftOut(code, refusals[0]?.message ?? quoted(code), machines.length, machines);
    });
  }
}

/** What must be acknowledged before such a scope is saved. Conditions are left aside: they change by themselves. */
export function noticesOf(scope: ScopeDocument, { chosen, total }: ScopeFindings): ScopeNotice[] {
  if (chosen === 0) return ['no_machines'];
  // Where there is one machine only, naming it is clear enough.
  const one = total === 1 && scope.machine_ids.length === 1;
  return scope.whole_fleet || (chosen === total && !one) ? ['all_machines'] : [];
}

function leftOut(code: string, message: Sentence, count: number, machines: readonly ScopedMachine[]): LeftOutDto {
  const named = machines.slice(0, EXAMPLES).map(({ id, name }) => ({ id, name }));
  return { code, message, said: saidIn({ message }, ['message']), count, machines: named };
}

function conditionSentence(condition: ScopeCondition, { conditions }: ScopeDocument): Sentence {
  switch (condition) {
    case 'security_updates':
      return say.condition_security_updates();
    case 'updates':
      return say.condition_updates();
    case 'reboot_required':
      return say.condition_reboot_required();
    case 'not_analysed':
      return say.condition_not_analysed({ days: conditions.not_analysed_days ?? 0 });
  }
}
