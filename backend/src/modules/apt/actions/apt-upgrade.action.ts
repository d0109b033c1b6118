import { ProductHosts } from '../../../kernel/hosts/product-hosts';
import {
  type ChangeAction,
  type ChangeContext,
  type ChangeDeclaration,
  type ChangeOutcome,
  type FinishedChange,
  type PlanOutcome,
  type StepProgress,
  type PackageEffect,
} from '../../jobs/actions/change-action';
import { JobAction, type ActionContext, type ActionScript, type CollectedRun } from '../../jobs/actions/job-action';
import { Settlements } from '../remedies/settlements';
import { wasRefused } from '../upgrade/refused';
import { packageEffects } from '../upgrade/package-effects';
import { AptRunRecorder } from '../apt-run-recorder';
import { say } from '../apt.sentences';
import type { AptUpgradePlan } from '../contracts/apt-upgrade-plan.v2';
import { importantUpgrade } from '../contracts/apt-upgrade-result.v5';
import { transactionParameters, UPGRADE_PARAMETERS, type UpgradeParameters } from '../upgrade/upgrade-parameters';
import { upgradePlan } from '../upgrade/upgrade-plan';
import { aptProgress } from '../upgrade/apt-status';
import { ANALYZE_SCRIPTS, PROXY_SCRIPT } from './analyze-scripts';
import { failedSteps } from '../upgrade/run-facts';
import { APT_CHANGE, changeOutcome, FACTS_SCRIPTS, lateFacts, scriptFiles } from './apt-changes';
import { meanwhile } from '../external/meanwhile';
import { APT_GUARD } from './apt-guard';
import { FetchProxy } from './fetch-proxy';
import { backupRefusal, upgradeResult, verdictOf } from '../upgrade/upgrade-result';
import { AptLogMessages } from '../upgrade/log-messages';

const RUN_FILES = [
  'apt-transaction.sh',
  'apt-archives.sh',
  'apt-auto-marks.sh',
  'apt-look.sh',
  ...FACTS_SCRIPTS,
  'apt-upgrade.sh',
];

/** Upgrades packages with apt: exactly what a person confirmed, detached, with the proof of what it did. */
@JobAction()
export class AptUpgradeAction implements ChangeAction<UpgradeParameters> {
  readonly declaration: ChangeDeclaration = {
    ...APT_CHANGE,
    name: 'apt_upgrade',
    title: say.upgrade_title(),
    beforehand: 'apt_download',
    risk: 'medium',
    timeoutSeconds: 4 * 3600,
    estimateSeconds: 180,
    plan: {
      title: say.upgrade_plan_title(),
      timeoutSeconds: 600,
      estimateSeconds: 15,
      steps: [
        { name: 'transaction', sections: ['plan_simulation', 'plan_lines', 'plan_rollback', 'plan_archives'] },
        { name: 'preflight', sections: ['plan_*'] },
        {
          name: 'state',
          sections: [
            'environment',
            'apt_version',
            'refresh*',
            'stamps',
            'note_successes',
            'configured',
            'index_files',
            'dpkg_*',
            'holds',
          ],
        },
        { name: 'plans', sections: ['sim_*', 'policy_*', 'explain', 'records', 'installed_records'] },
        {
          name: 'reboot',
          sections: ['reboot_flag', 'kernels', 'container', 'init_maps', 'needrestart', 'co_managers', 'space'],
        },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'download', stoppable: true },
      { name: 'install', stoppable: false },
      { name: 'verify', stoppable: false },
    ],
    parameters: UPGRADE_PARAMETERS,
    consequences: ['removals', 'downgrades', 'proxmox_host', 'own_machine'],
    contracts: ['apt_upgrade_plan@2', 'apt_upgrade_result@5'],
  };

  constructor(
    private readonly recorder: AptRunRecorder,
    private readonly fetchProxy: FetchProxy,
    private readonly hosts: ProductHosts,
    private readonly settlements: Settlements,
  ) {}

  planScript({ machineId, parameters }: ActionContext<UpgradeParameters>): ActionScript {
    return {
      file: [
        ...scriptFiles('apt-transaction.sh', 'apt-archives.sh', 'apt-sizes.sh', 'apt-look.sh', 'apt-upgrade-plan.sh'),
        ...ANALYZE_SCRIPTS,
      ],
      parameters: { ...transactionParameters(machineId, parameters), REFRESH: '0' },
      timeouts: { progressMs: 300_000, totalMs: 570_000 },
      limits: { sectionBytes: 3 * 1024 * 1024, runBytes: 8 * 1024 * 1024 },
    };
  }

  async plan(run: CollectedRun, { parameters }: ActionContext<UpgradeParameters>): Promise<PlanOutcome> {
    return upgradePlan(run, { parameters, ownHosts: await this.hosts.seenLately() });
  }

  packageEffects(details: object): PackageEffect[] {
    return packageEffects(details);
  }

  async script(context: ChangeContext<UpgradeParameters>): Promise<ActionScript> {
    const { mode, no_remove, packages } = context.plan as AptUpgradePlan;
    const proxy = await this.fetchProxy.of(context, this.declaration.name);
    const downgrades = packages.some(({ operation }) => operation === 'downgrade');
    return {
      file: [PROXY_SCRIPT, ...scriptFiles(...RUN_FILES)],
      parameters: {
        ...transactionParameters(context.machineId, { ...context.parameters, mode }),
        ...proxy.parameters,
        NO_REMOVE: no_remove ? '1' : '0',
        ALLOW_DOWNGRADES: downgrades ? '1' : '0',
        GUARD: APT_GUARD,
      },
      secrets: proxy.secrets,
    };
  }

  progress(line: string): StepProgress | null {
    return aptProgress(line);
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collectScript({ jobId }: ChangeContext<UpgradeParameters>, left: FinishedChange): ActionScript | null {
    return lateFacts(jobId, left);
  }

  collect(run: FinishedChange, { plan, jobId, parameters }: ChangeContext<UpgradeParameters>): ChangeOutcome {
    const { mode } = plan as AptUpgradePlan;
    const result = upgradeResult(run, plan as AptUpgradePlan, jobId);
    const refusal = backupRefusal(run);
    const verdict = refusal ?? verdictOf(result);
    return changeOutcome(verdict, {
      untouched: refusal !== null || wasRefused(verdict, result),
      result,
      important: importantUpgrade(result),
      failedSteps: failedSteps(run),
      settlesByStore: true,
      store: async (tx, context) => {
        const { machineId } = context;
        if (verdict.status !== 'error' && run.ending === 'ended' && run.recordLost !== true)
          await this.settlements.byUpgrade(tx, machineId, { ...parameters, mode }, result.packages);
        await this.recorder.record(tx, context, result, meanwhile(run, jobId)?.workedAt);
      },
    });
  }
}
