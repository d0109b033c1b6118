import path from 'node:path';
import type {
  ChangeAction,
  ChangeContext,
  ChangeDeclaration,
  ChangeOutcome,
  FinishedChange,
  PlanOutcome,
} from '../../jobs/actions/change-action';
import { JobAction, type ActionContext, type ActionScript, type CollectedRun } from '../../jobs/actions/job-action';
import { AptRunRecorder } from '../apt-run-recorder';
import { say } from '../apt.sentences';
import { importantRepair, type AptRepairPlan } from '../contracts/apt-repair.v1';
import { repairPlan } from '../repair/repair-plan';
import { repairResult, repairVerdict } from '../repair/repair-result';
import { ownMachineId } from '../upgrade/own-machine';
import { ANALYZE_FUNCTIONS } from './analyze-scripts';
import { AptLogMessages } from '../upgrade/log-messages';

const file = (name: string): string => path.join(__dirname, '..', 'scripts', name);
const LINES = [file('apt-transaction.sh'), file('apt-look.sh')];

/** Finishes what dpkg left unfinished and meets every dependency, and looks afterwards whether all is whole. */
@JobAction()
export class AptRepairAction implements ChangeAction {
  readonly declaration: ChangeDeclaration = {
    kind: 'change',
    name: 'apt_repair',
    title: say.repair_title(),
    permission: 'changes.confirm',
    risk: 'medium',
    lockKind: 'apt',
    timeoutSeconds: 2 * 3600,
    estimateSeconds: 60,
    validForSeconds: 3600,
    plan: {
      title: say.repair_plan_title(),
      timeoutSeconds: 300,
      estimateSeconds: 8,
      steps: [
        { name: 'transaction', sections: ['repair_simulation', 'repair_lines'] },
        { name: 'state', sections: ['repair_whole', 'dpkg_*', 'co_managers'] },
        { name: 'preflight', sections: ['plan_*'] },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'configure', stoppable: false },
      { name: 'install', stoppable: false },
      { name: 'verify', stoppable: false },
    ],
    remedies: [
      'dpkg_interrupted',
      'packages_broken',
      'unmet_dependencies',
      'maintainer_script_failed',
      'conffile_question',
      'repair_differs',
    ],
    contracts: ['apt_repair_plan@1', 'apt_repair_result@1'],
  };

  constructor(private readonly recorder: AptRunRecorder) {}

  planScript({ machineId }: ActionContext): ActionScript {
    return {
      file: [...ANALYZE_FUNCTIONS, ...LINES, file('apt-repair-lines.sh'), file('apt-repair-plan.sh')],
      parameters: { MACHINE_ID: machineId, REFRESH: '0' },
      timeouts: { progressMs: 120_000, totalMs: 270_000 },
    };
  }

  async plan(run: CollectedRun): Promise<PlanOutcome> {
    return repairPlan(run, await ownMachineId());
  }

  script({ machineId, plan }: ChangeContext): ActionScript {
    const { no_remove } = plan as AptRepairPlan;
    return {
      file: [...LINES, file('apt-facts.sh'), file('apt-repair-lines.sh'), file('apt-repair.sh')],
      parameters: { MACHINE_ID: machineId, NO_REMOVE: no_remove ? '1' : '0' },
    };
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collect(run: FinishedChange, { plan }: ChangeContext): ChangeOutcome {
    const result = repairResult(run, plan as AptRepairPlan);
    const { status, summary, error } = repairVerdict(result);
    return {
      status,
      ...(error === undefined ? {} : { error }),
      result,
      important: importantRepair(result),
      summary,
      failedSteps: result.whole === false ? ['verify'] : [],
      followUps: [{ action: 'apt_update_analyze', parameters: { refresh: false } }],
      store: (tx, context) => this.recorder.record(tx, context, result),
    };
  }
}
