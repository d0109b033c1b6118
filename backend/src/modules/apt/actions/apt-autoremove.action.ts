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
import { autoremovePlan } from '../autoremove/autoremove-plan';
import type { AptAutoremovePlan } from '../contracts/apt-autoremove.v1';
import { importantUpgrade } from '../contracts/apt-upgrade-result.v1';
import { ownMachineId } from '../upgrade/own-machine';
import { upgradeResult, verdictOf } from '../upgrade/upgrade-result';
import { ANALYZE_FUNCTIONS } from './analyze-scripts';
import { changeOutcome, PACKAGES_CHANGE, PACKAGES_PLAN, PACKAGES_PLAN_TIMEOUTS, scriptFiles } from './apt-changes';
import { APT_GUARD } from './apt-guard';
import { AptLogMessages } from '../upgrade/log-messages';

const LINES = ['apt-transaction.sh', 'apt-autoremove-lines.sh'];

/** Removes what nothing needs any more; kernels only once the machine has booted the one that replaces them. */
@JobAction()
export class AptAutoremoveAction implements ChangeAction {
  readonly declaration: ChangeDeclaration = {
    ...PACKAGES_CHANGE,
    name: 'apt_autoremove',
    title: say.autoremove_title(),
    plan: {
      ...PACKAGES_PLAN,
      title: say.autoremove_plan_title(),
      steps: [
        { name: 'transaction', sections: ['autoremove_*'] },
        { name: 'state', sections: ['environment', 'dpkg_*', 'co_managers'] },
        { name: 'preflight', sections: ['plan_*'] },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'remove', stoppable: false },
      { name: 'verify', stoppable: false },
    ],
    contracts: ['apt_autoremove_plan@1', 'apt_autoremove_result@1'],
  };

  constructor(private readonly recorder: AptRunRecorder) {}

  planScript({ machineId }: ActionContext): ActionScript {
    return {
      file: [...ANALYZE_FUNCTIONS, ...scriptFiles('apt-look.sh', ...LINES, 'apt-autoremove-plan.sh')],
      parameters: { MACHINE_ID: machineId, REFRESH: '0' },
      timeouts: PACKAGES_PLAN_TIMEOUTS,
    };
  }

  async plan(run: CollectedRun): Promise<PlanOutcome> {
    return autoremovePlan(run, await ownMachineId());
  }

  script({ machineId }: ChangeContext): ActionScript {
    return {
      file: scriptFiles(...LINES, 'apt-facts.sh', 'apt-autoremove.sh'),
      parameters: { MACHINE_ID: machineId, GUARD: APT_GUARD },
    };
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collect(run: FinishedChange, { plan }: ChangeContext): ChangeOutcome {
    const result = upgradeResult(run, plan as AptAutoremovePlan);
    return changeOutcome(verdictOf(result), {
      result,
      important: importantUpgrade(result),
      store: (tx, context) => this.recorder.record(tx, context, result),
    });
  }
}
