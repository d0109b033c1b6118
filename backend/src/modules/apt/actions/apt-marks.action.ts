import { Injectable } from '@nestjs/common';
import type {
  ChangeAction,
  ChangeContext,
  ChangeDeclaration,
  ChangeOutcome,
  ChangeStoreContext,
  FinishedChange,
  PlanOutcome,
} from '../../jobs/actions/change-action';
import {
  JobAction,
  type ActionContext,
  type ActionScript,
  type CollectedRun,
  type JsonSchema,
  type ParameterFault,
} from '../../jobs/actions/job-action';
import type { Transaction } from '../../../kernel/database/transaction';
import { AptHolds } from '../apt-holds';
import { isRefusal } from '../upgrade/refused';
import { AptRepository } from '../apt.repository';
import { say } from '../apt.sentences';
import { importantMarks, type AptMarksPlan, type AptMarksResult, type MarkOperation } from '../contracts/apt-marks.v1';
import { expiryOf, marksPlan, type MarksParameters } from '../marks/marks-plan';
import { marksResult, marksVerdict } from '../marks/marks-result';
import { APT_CHANGE, changeOutcome, scriptFiles } from './apt-changes';

const packages: JsonSchema = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$', maxLength: 200 },
  description: 'Names; with the architecture where a package is installed for several.',
};

const holdParameters: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['packages'],
  properties: {
    packages,
    // No control characters: it is shown, never run.
    note: { type: 'string', maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'Why.' },
    expires_at: {
      type: 'string',
      pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2}))?$',
      description: 'ISO 8601: when it is to be looked at again. Nothing is lifted by itself.',
    },
  },
};

const unholdParameters: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['packages'],
  properties: { packages },
};

/** A day to look at it again that is none, or has passed. */
function holdFaults(parameters: Readonly<Record<string, unknown>>, now: Date): ParameterFault[] {
  return expiryOf(parameters, now) === undefined ? [{ field: 'expires_at', message: say.hold_expiry_invalid() }] : [];
}

function declarationOf(operation: MarkOperation): ChangeDeclaration {
  const hold = operation === 'hold';
  return {
    ...APT_CHANGE,
    name: `apt_${operation}`,
    title: hold ? say.hold_title() : say.unhold_title(),
    risk: 'low',
    timeoutSeconds: 600,
    estimateSeconds: 5,
    plan: {
      title: hold ? say.hold_plan_title() : say.unhold_plan_title(),
      timeoutSeconds: 120,
      estimateSeconds: 3,
      steps: [
        { name: 'state', sections: ['marks_*'] },
        { name: 'preflight', sections: ['plan_*'] },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'mark', stoppable: false },
      { name: 'verify', stoppable: false },
    ],
    parameters: hold ? holdParameters : unholdParameters,
    ...(hold ? { refuses: holdFaults } : {}),
    remedies: hold ? [] : ['held_packages', 'held_broken'],
    consequences: hold ? ['no_updates'] : [],
    contracts: [`apt_${operation}_plan@1`, `apt_${operation}_result@1`],
  };
}

/** What setting marks and taking them away have in common: everything but the word. */
@Injectable()
abstract class AptMarksAction implements ChangeAction<MarksParameters> {
  protected abstract readonly operation: MarkOperation;
  abstract readonly declaration: ChangeDeclaration;

  constructor(
    private readonly holds: AptHolds,
    private readonly repository: AptRepository,
  ) {}

  planScript(context: ActionContext<MarksParameters>): ActionScript {
    return {
      file: scriptFiles('apt-look.sh', 'apt-marks-lines.sh', 'apt-marks-plan.sh'),
      parameters: this.scriptParameters(context),
    };
  }

  plan(run: CollectedRun, { parameters }: ActionContext<MarksParameters>): PlanOutcome {
    return marksPlan(run, this.operation, parameters);
  }

  script(context: ChangeContext<MarksParameters>): ActionScript {
    return {
      file: scriptFiles('apt-marks-lines.sh', 'apt-marks.sh'),
      parameters: this.scriptParameters(context),
    };
  }

  collect(run: FinishedChange, context: ChangeContext<MarksParameters>): ChangeOutcome {
    const plan = context.plan as AptMarksPlan;
    const result = marksResult(run, plan);
    const verdict = marksVerdict(result);
    return changeOutcome(verdict, {
      untouched:
        isRefusal(verdict) && result.marks.every(({ held_before, held }) => held !== null && held === held_before),
      result,
      important: importantMarks(result),
      store: (tx, stored) => this.store(tx, stored, plan, result),
    });
  }

  private async store(
    tx: Transaction,
    context: ChangeStoreContext,
    plan: AptMarksPlan,
    result: AptMarksResult,
  ): Promise<void> {
    const { machineId, requestedBy, finishedAt } = context;
    await this.repository.storeRunErrors(tx, context, result.errors);
    if (result.marks_after === null) return;
    if (plan.operation === 'hold' && result.ending !== 'drifted') {
      await this.holds.remember(tx, {
        machineId,
        names: result.marks.filter(({ held }) => held).map(({ name }) => name),
        note: plan.note,
        expiresAt: plan.expires_at === null ? null : new Date(plan.expires_at),
        setBy: requestedBy.name,
        setAt: finishedAt,
      });
    }
    await this.holds.forgetOthers(tx, machineId, result.marks_after);
  }

  private scriptParameters({ machineId, parameters }: ActionContext<MarksParameters>): Record<string, string> {
    return { MACHINE_ID: machineId, OPERATION: this.operation, PACKAGES: parameters.packages.join(' ') };
  }
}

/** Keeps packages at the versions that are installed, with a note why and a day to look at it again. */
@JobAction()
export class AptHoldAction extends AptMarksAction {
  protected readonly operation = 'hold';
  readonly declaration = declarationOf('hold');
}

/** Lets held packages be updated again. */
@JobAction()
export class AptUnholdAction extends AptMarksAction {
  protected readonly operation = 'unhold';
  readonly declaration = declarationOf('unhold');
}
