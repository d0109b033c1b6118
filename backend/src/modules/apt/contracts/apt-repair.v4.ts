import type { Contract } from '../../../kernel/contracts/contract';
import {
  document,
  flag,
  flagOrNull,
  list,
  nullableList,
  object,
  text,
  textOrNull,
  type Properties,
} from '../../../kernel/contracts/schemas';
import { AUTO_MARKS, withoutAutoMarks, type AutoMarks } from './auto-marks';
import { PLANNED_PACKAGE, type UpgradePackage } from './apt-upgrade-plan.v2';
import {
  FIRST_RUN_RESULT_FIELDS,
  importantUpgrade,
  RUN_IMPORTANT_FIELDS,
  RUN_RESULT_FIELDS,
  RUN_SENTENCES,
  SECOND_RUN_RESULT_FIELDS,
  withoutOthersChanges,
  withoutStates,
  type AptRunResult,
} from './apt-upgrade-result.v5';
import { RUN_REBOOT } from './run-reboot';

/** A package that dpkg began with and did not end. */
export interface UnfinishedPackage {
  /** Of the plan that is confirmed, as the machine made it. */
  readonly line: string;
  /** As dpkg names it: with the architecture where it may stand beside itself. */
  readonly name: string;
  readonly version: string | null;
}

/** `apt_repair_plan`, version 2. */
export interface AptRepairPlan {
  /** A dpkg run was cut off before it wrote down what it had done. */
  readonly journal: boolean;
  /** What is configured. */
  readonly unfinished: readonly UnfinishedPackage[];
  /** What apt installs, upgrades or removes so that every dependency is met. */
  readonly packages: readonly UpgradePackage[];
  /** What dpkg and apt complain of now. */
  readonly complaints: readonly string[];
  /** The run refuses to remove anything: the plan has no removals. */
  readonly no_remove: boolean;
  /** Packages that a run that was cut off left marked as chosen by hand: they become automatic again. */
  readonly auto_marks: readonly string[];
}

/** `apt_repair_result`, version 4. Null: not measured. */
export interface AptRepairResult extends AptRunResult {
  readonly unfinished: readonly (UnfinishedPackage & {
    /** It is installed, or gone as planned. */
    readonly finished: boolean | null;
  })[];
  /** dpkg finds nothing wrong afterwards, no journal is left, and apt finds every dependency met. */
  readonly whole: boolean | null;
  /** What they complain of still. */
  readonly complaints: readonly string[] | null;
  /** Of the plan's packages to mark as automatic again. */
  readonly auto_marks: AutoMarks | null;
}

const unfinished = { line: text, name: text, version: textOrNull };
const repairFields: Properties = {
  unfinished: list(object({ ...unfinished, finished: flagOrNull })),
  whole: flagOrNull,
  complaints: nullableList(text),
};

const firstPlanFields: Properties = {
  journal: flag,
  unfinished: list(object(unfinished)),
  packages: list(PLANNED_PACKAGE),
  complaints: list(text),
  no_remove: flag,
};

export const APT_REPAIR_PLAN: Contract = {
  name: 'apt_repair_plan',
  title: 'Plan of a repair of dpkg and apt',
  description:
    'The details of an `action_plan` of the action `apt_repair`: what is not whole, what is configured, and what apt would ' +
    'change to meet every dependency.',
  columns: ['action_request_targets.plan_json'],
  versions: {
    1: { body: document(1, firstPlanFields), upcast: (plan) => ({ ...plan, auto_marks: [] }) },
    2: { body: document(2, { ...firstPlanFields, auto_marks: list(text) }) },
  },
};

export const APT_REPAIR_RESULT: Contract = {
  name: 'apt_repair_result',
  title: 'Result of a repair of dpkg and apt',
  description:
    'What a run of `apt_repair` really changed, and whether dpkg and apt find everything whole afterwards: that, and not ' +
    'the end of the run, says that the repair has worked.',
  columns: ['executions.result_json'],
  sentences: RUN_SENTENCES,
  versions: {
    1: { body: document(1, { ...FIRST_RUN_RESULT_FIELDS, ...repairFields }), upcast: withoutStates },
    2: { body: document(2, { ...SECOND_RUN_RESULT_FIELDS, ...repairFields }), upcast: withoutAutoMarks },
    3: {
      body: document(3, { ...SECOND_RUN_RESULT_FIELDS, ...repairFields, ...AUTO_MARKS }),
      upcast: withoutOthersChanges,
    },
    4: { body: document(4, { ...RUN_RESULT_FIELDS, ...repairFields, ...AUTO_MARKS }, RUN_REBOOT) },
  },
};

export const APT_REPAIR_RESULT_IMPORTANT: Contract = {
  name: 'apt_repair_result.important',
  title: 'Result of a repair of dpkg and apt, in short',
  description: 'What lists and reports show of a run of `apt_repair`.',
  columns: ['executions.important_json'],
  versions: { 1: { body: document(1, { ...RUN_IMPORTANT_FIELDS, whole: flagOrNull }) } },
};

/** The same facts as `executions.important_json` keeps them. */
export function importantRepair(result: AptRepairResult): object {
  return { ...importantUpgrade(result), whole: result.whole };
}
