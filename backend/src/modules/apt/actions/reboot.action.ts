import { ProductHosts } from '../../../kernel/hosts/product-hosts';
import type { RunFailure, ActionContext, ActionScript, CollectedRun } from '../../jobs/actions/job-action';
import { JobAction } from '../../jobs/actions/job-action';
import type {
  Aftermath,
  AwaitedRun,
  ChangeAction,
  ChangeContext,
  ChangeDeclaration,
  ChangeOutcome,
  FinishedChange,
  PlanOutcome,
} from '../../jobs/actions/change-action';
import { MachineState } from '../../machines/machine-state';
import { UNREACHABLE_KINDS } from '../../machines/needs';
import { say } from '../apt.sentences';
import type { RebootPlan } from '../contracts/reboot-plan.v1';
import { importantReboot, type RebootResult } from '../contracts/reboot-result.v1';
import { bootFacts } from '../reboot/boot-facts';
import { rebootPlan, type RebootParameters } from '../reboot/reboot-plan';
import { hostRefusal, type HostRefusal } from '../reboot/host-refusal';
import { isStarting, lostResult, rebootResult, rebootVerdict } from '../reboot/reboot-result';
import { settledByBoot } from '../remedies/settled-errors';
import { FOLLOW_UPS, scriptFiles } from './apt-changes';

const MACHINE = [
  'apt-facts.sh',
  'apt-update-analyze/10-work.sh',
  'apt-update-analyze/40-machine.sh',
  'apt-look.sh',
  'reboot-facts.sh',
];

/** A shutdown that has begun stops what answers here within this time; systemd ends a unit by force after 90 s. */
const GOING_DOWN_SECONDS = 90;

/** Restarts a machine, and counts it as done only when another boot with the expected kernel proves it. */
@JobAction()
export class RebootAction implements ChangeAction<RebootParameters> {
  readonly declaration: ChangeDeclaration = {
    kind: 'change',
    name: 'reboot',
    title: say.reboot_title(),
    permission: 'changes.confirm',
    risk: 'high',
    lockKind: 'reboot',
    timeoutSeconds: 2 * 3600,
    estimateSeconds: 120,
    validForSeconds: 3600,
    followUps: FOLLOW_UPS,
    plan: {
      title: say.reboot_plan_title(),
      timeoutSeconds: 300,
      estimateSeconds: 5,
      steps: [
        {
          name: 'state',
          sections: ['environment', 'dpkg_*', 'kernels', 'container', 'init_maps', 'reboot_flag', 'needrestart'],
        },
        { name: 'preflight', sections: ['plan_*'] },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'restart', stoppable: false },
      { name: 'return', stoppable: false },
    ],
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        wait_seconds: {
          type: 'integer',
          minimum: 30,
          maximum: 3600,
          default: 600,
          description: 'So long the machine may be silent before it counts as not back, in seconds.',
        },
        only_if_needed: {
          type: 'boolean',
          default: false,
          description: 'Where nothing asks for a restart there is nothing to do.',
        },
      },
    },
    apart: 'cluster',
    consequences: ['guests', 'molly_guard', 'own_machine', 'need_unknown'],
    contracts: ['reboot_plan@1', 'reboot_result@1'],
  };

  readonly aftermath: Aftermath<RebootParameters> = {
    step: 'return',
    patienceSeconds: ({ parameters }) => parameters.wait_seconds,
    script: () => ({ file: scriptFiles('apt-facts.sh', 'reboot-facts.sh', 'reboot-look.sh') }),
    settled: (look, run, { parameters }) => isSettled(look, run, parameters.wait_seconds),
    lost: (failure, { plan }) => this.lost(failure, plan as RebootPlan),
  };

  constructor(
    private readonly machineState: MachineState,
    private readonly hosts: ProductHosts,
  ) {}

  planScript({ machineId, parameters }: ActionContext<RebootParameters>): ActionScript {
    return {
      file: scriptFiles(...MACHINE, 'reboot-plan.sh'),
      parameters: shared(machineId, parameters),
      timeouts: { progressMs: 120_000, totalMs: 270_000 },
    };
  }

  async plan(run: CollectedRun, { parameters }: ActionContext<RebootParameters>): Promise<PlanOutcome> {
    return rebootPlan(run, { parameters, ownHosts: await this.hosts.seenLately() });
  }

  script({ machineId, parameters }: ChangeContext<RebootParameters>): ActionScript {
    return { file: scriptFiles(...MACHINE, 'reboot.sh'), parameters: shared(machineId, parameters) };
  }

  collect(run: FinishedChange, { plan }: ChangeContext<RebootParameters>): ChangeOutcome {
    const result = rebootResult(run, plan as RebootPlan);
    const reachable = { followUps: FOLLOW_UPS };
    return { ...this.outcome(result, plan as RebootPlan, hostRefusal(run)), ...reachable };
  }

  /** Of a machine that does not answer nothing more is asked. */
  private lost(failure: RunFailure, plan: RebootPlan): ChangeOutcome {
    const outcome = this.outcome(lostResult(failure, plan), plan);
    if (UNREACHABLE_KINDS.has(failure.kind)) return outcome;
    // It answers, but may not be talked to: that needs a person, under its own name.
    const { kind, message, action } = failure;
    return { ...outcome, error: { kind, message, ...(action === null ? {} : { action }) } };
  }

  private outcome(result: RebootResult, plan: RebootPlan, host: HostRefusal | null = null): ChangeOutcome {
    const { status, summary, error } = rebootVerdict(result, plan, host);
    const proven = result.outcome === 'verified' || result.outcome === 'degraded';
    return {
      status,
      ...(error === undefined ? {} : { error }),
      untouched: result.outcome === 'refused',
      result,
      important: importantReboot(result),
      summary,
      failedSteps: [],
      store: (tx, { machineId }) => {
        // Only a boot that is proven answers what asked for it; an analysis follows and says what is so now.
        const answered = { aptRebootRequired: false, aptRebootReason: null };
        const settlesErrors = settledByBoot(result.after?.failed_units ?? null);
        if (proven) this.machineState.patch(tx, machineId, { ...answered, settlesErrors });
        return Promise.resolve();
      },
    };
  }
}

function shared(machineId: string, { wait_seconds }: RebootParameters): Record<string, string> {
  return { MACHINE_ID: machineId, WAIT_SECONDS: String(wait_seconds), REFRESH: '0' };
}

/** Whether the look says how it ended: in the new boot once it has started, in the old one once it should be gone. */
function isSettled(look: CollectedRun['sections'], { rebooted, at }: AwaitedRun, waitSeconds: number): boolean {
  const boot = bootFacts(look, 'after', 'failed_after');
  if (boot === null) return true;
  if (rebooted) return !isStarting(boot) || boot.uptime_seconds >= waitSeconds;
  const since = at === null ? Infinity : boot.now - at.getTime() / 1000;
  if (boot.system === 'stopping') return since >= waitSeconds;
  return since >= Math.min(GOING_DOWN_SECONDS, waitSeconds);
}
