import { ProductHosts } from '../../../kernel/hosts/product-hosts';
import type {
  ChangeAction,
  ChangeContext,
  ChangeDeclaration,
  ChangeOutcome,
  FinishedChange,
  PlanOutcome,
  PackageEffect,
  StepProgress,
} from '../../jobs/actions/change-action';
import { JobAction, type ActionContext, type ActionScript, type CollectedRun } from '../../jobs/actions/job-action';
import { Settlements } from '../remedies/settlements';
import { wasRefused } from '../upgrade/refused';
import { packageEffects } from '../upgrade/package-effects';
import { AptRunRecorder } from '../apt-run-recorder';
import { say } from '../apt.sentences';
import { importantRepair, type AptRepairPlan } from '../contracts/apt-repair.v4';
import { repairPlan } from '../repair/repair-plan';
import { repairResult, repairVerdict } from '../repair/repair-result';
import { aptProgress } from '../upgrade/apt-status';
import { backupRefusal } from '../upgrade/upgrade-result';
import { meanwhile } from '../external/meanwhile';
import { APT_GUARD } from './apt-guard';
import { ANALYZE_FUNCTIONS, PROXY_SCRIPT } from './analyze-scripts';
import {
  changeOutcome,
  FACTS_SCRIPTS,
  lateFacts,
  PACKAGES_CHANGE,
  PACKAGES_PLAN,
  PACKAGES_PLAN_TIMEOUTS,
  scriptFiles,
} from './apt-changes';
import { FetchProxy } from './fetch-proxy';
import { AptLogMessages } from '../upgrade/log-messages';

/** How the lists of the machine are looked at, and what that tells. */
const INDEX_SCRIPT = 'apt-update-analyze/20-refresh.sh';
const INDEX_SECTIONS = ['stamps', 'configured', 'index_files', 'policy_sources'];
const LINES = ['apt-transaction.sh', 'apt-auto-marks.sh', 'apt-look.sh'];

/** Finishes what dpkg left unfinished and meets every dependency, and looks afterwards whether all is whole. */
@JobAction()
export class AptRepairAction implements ChangeAction {
  readonly declaration: ChangeDeclaration = {
    ...PACKAGES_CHANGE,
    name: 'apt_repair',
    title: say.repair_title(),
    plan: {
      ...PACKAGES_PLAN,
      title: say.repair_plan_title(),
      steps: [
        { name: 'transaction', sections: ['repair_simulation', 'repair_lines'] },
        {
          name: 'state',
          sections: ['environment', 'repair_whole', 'dpkg_*', 'co_managers', 'space', ...INDEX_SECTIONS],
        },
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
      'container_refused',
      'conffile_question',
      'repair_differs',
    ],
    consequences: ['removals', 'own_machine'],
    contracts: ['apt_repair_plan@2', 'apt_repair_result@4'],
  };

  constructor(
    private readonly recorder: AptRunRecorder,
    private readonly fetchProxy: FetchProxy,
    private readonly hosts: ProductHosts,
    private readonly settlements: Settlements,
  ) {}

  planScript({ machineId }: ActionContext): ActionScript {
    return {
      file: [
        ...ANALYZE_FUNCTIONS,
        ...scriptFiles(INDEX_SCRIPT, ...LINES, 'apt-sizes.sh', 'apt-repair-lines.sh', 'apt-repair-plan.sh'),
      ],
      parameters: { MACHINE_ID: machineId, REFRESH: '0' },
      timeouts: PACKAGES_PLAN_TIMEOUTS,
    };
  }

  async plan(run: CollectedRun): Promise<PlanOutcome> {
    return repairPlan(run, await this.hosts.seenLately());
  }

  packageEffects(details: object): PackageEffect[] {
    return packageEffects(details);
  }

  async script(context: ChangeContext): Promise<ActionScript> {
    const { no_remove } = context.plan as AptRepairPlan;
    // It may have to bring a dependency.
    const proxy = await this.fetchProxy.of(context, this.declaration.name);
    return {
      file: [PROXY_SCRIPT, ...scriptFiles(...LINES, ...FACTS_SCRIPTS, 'apt-repair-lines.sh', 'apt-repair.sh')],
      parameters: {
        MACHINE_ID: context.machineId,
        NO_REMOVE: no_remove ? '1' : '0',
        GUARD: APT_GUARD,
        ...proxy.parameters,
      },
      secrets: proxy.secrets,
    };
  }

  /** apt both fetches and installs in one step of it. */
  progress(line: string): StepProgress | null {
    return aptProgress(line, { fetch: 'install', work: 'install', configure: 'configure' });
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collectScript({ jobId }: ChangeContext, left: FinishedChange): ActionScript | null {
    return lateFacts(jobId, left, true);
  }

  collect(run: FinishedChange, { plan, jobId }: ChangeContext): ChangeOutcome {
    const result = repairResult(run, plan as AptRepairPlan, jobId);
    const refusal = backupRefusal(run);
    const verdict = refusal ?? repairVerdict(result);
    return changeOutcome(verdict, {
      untouched: refusal !== null || wasRefused(verdict, result),
      result,
      important: importantRepair(result),
      failedSteps: result.whole === false ? ['verify'] : [],
      store: async (tx, context) => {
        if (result.whole === true) await this.settlements.byRepair(tx, context.machineId);
        return this.recorder.record(tx, context, result, meanwhile(run, jobId)?.workedAt);
      },
    });
  }
}
