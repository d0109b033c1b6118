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
import { wasRefused } from '../upgrade/refused';
import { packageEffects } from '../upgrade/package-effects';
import { AptRunRecorder } from '../apt-run-recorder';
import { say } from '../apt.sentences';
import { autoremovePlan } from '../autoremove/autoremove-plan';
import type { AptAutoremovePlan } from '../contracts/apt-autoremove.v3';
import { importantUpgrade } from '../contracts/apt-upgrade-result.v5';
import { BootVerdicts } from '../reboot/boot-verdicts';
import { aptProgress } from '../upgrade/apt-status';
import { backupRefusal, runResult, verdictOf } from '../upgrade/upgrade-result';
import { ANALYZE_FUNCTIONS } from './analyze-scripts';
import {
  changeOutcome,
  FACTS_SCRIPTS,
  lateFacts,
  PACKAGES_CHANGE,
  PACKAGES_PLAN,
  PACKAGES_PLAN_TIMEOUTS,
  scriptFiles,
} from './apt-changes';
import { meanwhile } from '../external/meanwhile';
import { APT_GUARD } from './apt-guard';
import { AptLogMessages } from '../upgrade/log-messages';

const LINES = ['apt-transaction.sh', 'reboot-facts.sh', 'apt-autoremove-lines.sh'];

/** Removes what nothing needs any more; kernels only once the machine runs the one that replaces them, in a sound boot. */
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
    remedies: ['no_space', 'no_space_boot'],
    consequences: ['removals', 'own_machine'],
    contracts: ['apt_autoremove_plan@2', 'apt_autoremove_result@3'],
  };

  constructor(
    private readonly recorder: AptRunRecorder,
    private readonly boots: BootVerdicts,
    private readonly hosts: ProductHosts,
  ) {}

  async planScript({ machineId }: ActionContext): Promise<ActionScript> {
    return {
      file: [...ANALYZE_FUNCTIONS, ...scriptFiles('apt-look.sh', ...LINES, 'apt-autoremove-plan.sh')],
      parameters: { ...(await this.machine(machineId)), REFRESH: '0' },
      timeouts: PACKAGES_PLAN_TIMEOUTS,
    };
  }

  async plan(run: CollectedRun): Promise<PlanOutcome> {
    return autoremovePlan(run, await this.hosts.seenLately());
  }

  packageEffects(details: object): PackageEffect[] {
    return packageEffects(details);
  }

  async script({ machineId }: ChangeContext): Promise<ActionScript> {
    return {
      file: scriptFiles('apt-look.sh', ...LINES, ...FACTS_SCRIPTS, 'apt-autoremove.sh'),
      parameters: { ...(await this.machine(machineId)), GUARD: APT_GUARD },
    };
  }

  private async machine(machineId: string): Promise<Record<string, string>> {
    const { doubted, trusted } = await this.boots.of(machineId);
    return { MACHINE_ID: machineId, DOUBTED_BOOT: doubted ?? '', TRUSTED_BOOT: trusted ?? '' };
  }

  progress(line: string): StepProgress | null {
    return aptProgress(line, { fetch: 'check', work: 'remove', configure: 'remove' });
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collectScript({ jobId }: ChangeContext, left: FinishedChange): ActionScript | null {
    return lateFacts(jobId, left);
  }

  collect(run: FinishedChange, { plan, jobId }: ChangeContext): ChangeOutcome {
    const result = runResult(run, plan as AptAutoremovePlan, jobId);
    const refusal = backupRefusal(run);
    const verdict = refusal ?? verdictOf(result);
    return changeOutcome(verdict, {
      untouched: refusal !== null || wasRefused(verdict, result),
      result,
      important: importantUpgrade(result),
      store: (tx, context) => this.recorder.record(tx, context, result, meanwhile(run, jobId)?.workedAt),
    });
  }
}
