import {
  type ChangeAction,
  type ChangeContext,
  type ChangeDeclaration,
  type ChangeOutcome,
  type FinishedChange,
  type PlanOutcome,
  type StepProgress,
} from '../../jobs/actions/change-action';
import { JobAction, type ActionContext, type ActionScript, type CollectedRun } from '../../jobs/actions/job-action';
import { AptRunRecorder } from '../apt-run-recorder';
import { say } from '../apt.sentences';
import type { AptUpgradePlan } from '../contracts/apt-upgrade-plan.v1';
import { importantUpgrade } from '../contracts/apt-upgrade-result.v1';
import { ownMachineId } from '../upgrade/own-machine';
import { upgradePlan, type UpgradeParameters } from '../upgrade/upgrade-plan';
import { aptProgress } from '../upgrade/apt-status';
import { ANALYZE_SCRIPTS } from './analyze-scripts';
import { failedSteps } from '../upgrade/run-facts';
import { APT_CHANGE, changeOutcome, scriptFiles } from './apt-changes';
import { APT_GUARD } from './apt-guard';
import { upgradeResult, verdictOf } from '../upgrade/upgrade-result';
import { AptLogMessages } from '../upgrade/log-messages';

/** Upgrades packages with apt: exactly what a person confirmed, detached, with the proof of what it did. */
@JobAction()
export class AptUpgradeAction implements ChangeAction<UpgradeParameters> {
  readonly declaration: ChangeDeclaration = {
    ...APT_CHANGE,
    name: 'apt_upgrade',
    title: say.upgrade_title(),
    risk: 'medium',
    timeoutSeconds: 4 * 3600,
    estimateSeconds: 180,
    plan: {
      title: say.upgrade_plan_title(),
      timeoutSeconds: 600,
      estimateSeconds: 15,
      steps: [
        { name: 'transaction', sections: ['plan_simulation', 'plan_lines', 'plan_rollback'] },
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
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        mode: {
          type: 'string',
          enum: ['upgrade', 'upgrade_with_new', 'dist_upgrade'],
          default: 'upgrade_with_new',
          description: 'What apt may do: upgrade only, install new packages too, or also remove some.',
        },
        scope: {
          type: 'string',
          enum: ['all', 'security', 'packages'],
          default: 'all',
          description: 'Everything, what the security archives offer, or the packages that are named.',
        },
        packages: {
          type: 'array',
          default: [],
          maxItems: 500,
          uniqueItems: true,
          items: { type: 'string', pattern: '^[a-z0-9][a-z0-9+.-]+(:[a-z0-9-]+)?$', maxLength: 200 },
          description: 'Names for the scope `packages`; empty for the others.',
        },
      },
      // Read before defaults are filled in.
      if: { properties: { scope: { const: 'packages' } }, required: ['scope'] },
      then: { properties: { packages: { type: 'array', minItems: 1 } }, required: ['packages'] },
      else: { properties: { packages: { type: 'array', maxItems: 0 } } },
    },
    contracts: ['apt_upgrade_plan@1', 'apt_upgrade_result@1'],
  };

  constructor(private readonly recorder: AptRunRecorder) {}

  planScript({ machineId, parameters }: ActionContext<UpgradeParameters>): ActionScript {
    return {
      file: [...scriptFiles('apt-transaction.sh', 'apt-look.sh', 'apt-upgrade-plan.sh'), ...ANALYZE_SCRIPTS],
      parameters: { ...transaction(machineId, parameters), REFRESH: '0' },
      timeouts: { progressMs: 300_000, totalMs: 570_000 },
      limits: { sectionBytes: 3 * 1024 * 1024, runBytes: 8 * 1024 * 1024 },
    };
  }

  async plan(run: CollectedRun, { parameters }: ActionContext<UpgradeParameters>): Promise<PlanOutcome> {
    return upgradePlan(run, { parameters, ownMachineId: await ownMachineId() });
  }

  script({ machineId, parameters, plan }: ChangeContext<UpgradeParameters>): ActionScript {
    const { no_remove, packages } = plan as AptUpgradePlan;
    const downgrades = packages.some(({ operation }) => operation === 'downgrade');
    return {
      file: scriptFiles('apt-transaction.sh', 'apt-facts.sh', 'apt-upgrade.sh'),
      parameters: {
        ...transaction(machineId, parameters),
        NO_REMOVE: no_remove ? '1' : '0',
        ALLOW_DOWNGRADES: downgrades ? '1' : '0',
        GUARD: APT_GUARD,
      },
    };
  }

  progress(line: string): StepProgress | null {
    return aptProgress(line);
  }

  watchLog(): AptLogMessages {
    return new AptLogMessages();
  }

  collect(run: FinishedChange, { plan }: ChangeContext<UpgradeParameters>): ChangeOutcome {
    const result = upgradeResult(run, plan as AptUpgradePlan);
    return changeOutcome(verdictOf(result), {
      result,
      important: importantUpgrade(result),
      failedSteps: failedSteps(run),
      store: (tx, context) => this.recorder.record(tx, context, result),
    });
  }
}

function transaction(machineId: string, { mode, scope, packages }: UpgradeParameters): Record<string, string> {
  return { MACHINE_ID: machineId, MODE: mode, SCOPE: scope, PACKAGES: packages.join(' ') };
}
