import { ProductHosts } from '../../../kernel/hosts/product-hosts';
import type {
  ChangeAction,
  ChangeContext,
  ChangeDeclaration,
  ChangeOutcome,
  FinishedChange,
  PlanOutcome,
} from '../../jobs/actions/change-action';
import { JobAction, type ActionContext, type ActionScript, type CollectedRun } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import { importantRestart, type ServiceRestartPlan } from '../contracts/service-restart.v1';
import { Settlements } from '../remedies/settlements';
import { servicePlan, type ServiceParameters } from '../services/service-plan';
import { furtherErrors, serviceResult, serviceVerdict } from '../services/service-result';
import { APT_CHANGE, changeOutcome, scriptFiles } from './apt-changes';

/** Restarts services: those that needrestart names because they run replaced files, or those that are named. */
@JobAction()
export class ServiceRestartAction implements ChangeAction<ServiceParameters> {
  readonly declaration: ChangeDeclaration = {
    ...APT_CHANGE,
    name: 'service_restart',
    title: say.services_title(),
    risk: 'low',
    lockKind: 'exclusive',
    timeoutSeconds: 3600,
    estimateSeconds: 15,
    plan: {
      title: say.services_plan_title(),
      timeoutSeconds: 180,
      estimateSeconds: 5,
      steps: [
        { name: 'state', sections: ['plan_system', 'plan_needrestart', 'plan_vital', 'plan_units', 'plan_failed'] },
        { name: 'preflight', sections: ['plan_locks', 'plan_itself'] },
      ],
    },
    steps: [
      { name: 'check', stoppable: true },
      { name: 'restart', stoppable: false },
      { name: 'verify', stoppable: false },
    ],
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        units: {
          type: 'array',
          default: [],
          maxItems: 50,
          uniqueItems: true,
          items: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9:_.@-]*\\.service$', maxLength: 200 },
          description: 'Exact names of services. Empty: those that needrestart names.',
        },
      },
    },
    consequences: ['own_machine'],
    contracts: ['service_restart_plan@1', 'service_restart_result@1'],
  };

  constructor(
    private readonly hosts: ProductHosts,
    private readonly settlements: Settlements,
  ) {}

  planScript({ machineId, parameters }: ActionContext<ServiceParameters>): ActionScript {
    return {
      file: scriptFiles('apt-facts.sh', 'apt-look.sh', 'service-facts.sh', 'service-restart-plan.sh'),
      parameters: { MACHINE_ID: machineId, UNITS: parameters.units.join(' ') },
      timeouts: { progressMs: 90_000, totalMs: 170_000 },
    };
  }

  async plan(run: CollectedRun, { machineId, parameters }: ActionContext<ServiceParameters>): Promise<PlanOutcome> {
    return servicePlan(run, { parameters, machineId, ownHosts: await this.hosts.seenLately() });
  }

  script({ machineId, plan }: ChangeContext<ServiceParameters>): ActionScript {
    const units = (plan as ServiceRestartPlan).units.map(({ unit }) => unit);
    return {
      file: scriptFiles('apt-facts.sh', 'service-facts.sh', 'service-restart.sh'),
      parameters: { MACHINE_ID: machineId, UNITS: units.join(' ') },
    };
  }

  collect(run: FinishedChange, { plan }: ChangeContext<ServiceParameters>): ChangeOutcome {
    const result = serviceResult(run, plan as ServiceRestartPlan);
    const verdict = serviceVerdict(result);
    const restarted = result.units.filter((unit) => unit.verdict === 'restarted').map(({ unit }) => unit);
    return changeOutcome(verdict, {
      result,
      important: importantRestart(result),
      furtherErrors: furtherErrors(verdict, result),
      settlesByStore: true,
      store: (tx, { machineId }) =>
        this.settlements.byRestart(tx, machineId, restarted, run.ending === 'ended' && verdict.status !== 'error'),
    });
  }
}
