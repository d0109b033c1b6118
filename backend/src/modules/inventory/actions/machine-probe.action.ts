import path from 'node:path';
import type { Transaction } from '../../../kernel/database/transaction';
import { ImportantMessages, type ImportantMessage } from '../../history/important-messages';
import {
  JobAction,
  type ActionOutcome,
  type ActionScript,
  type CollectedRun,
  type ReadAction,
  type ReadDeclaration,
  type StoreContext,
} from '../../jobs/actions/job-action';
import { MachineFacts } from '../../machines/machine-facts';
import { MachineState } from '../../machines/machine-state';
import { analyseProbe } from '../analysis/analyse-probe';
import { importantProbe } from '../contracts/machine-probe-important.v1';
import { MACHINE_PROBE_CONTRACT, probeWarnings, type MachineProbe } from '../contracts/machine-probe.v1';
import { factsOf } from '../probe-facts';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { say as jobs } from '../../jobs/jobs.sentences';
import { say } from '../inventory.sentences';

/** Finds out what a machine is, what is in it, and how it fares right now. */
@JobAction()
export class MachineProbeAction implements ReadAction {
  readonly declaration: ReadDeclaration = {
    kind: 'read',
    name: 'machine_probe',
    title: say.title(),
    permission: 'machines.run',
    risk: 'none',
    lockKind: 'exclusive',
    timeoutSeconds: 180,
    estimateSeconds: 5,
    maxAttempts: 3,
    steps: [{ name: 'inventory', sections: ['*'] }],
    unversionedParameters: true,
    contracts: ['machine_probe@1'],
  };

  constructor(
    private readonly facts: MachineFacts,
    private readonly messages: ImportantMessages,
    private readonly machineState: MachineState,
  ) {}

  script(): ActionScript {
    return {
      file: path.join(__dirname, '..', 'scripts', 'machine-probe.sh'),
      timeouts: { progressMs: 60_000, totalMs: 150_000 },
    };
  }

  collect(run: CollectedRun): ActionOutcome {
    const probe = analyseProbe(run.sections, { startedAt: run.startedAt, receivedAt: run.receivedAt });
    // A machine in trouble that answered fully was probed well; its trouble stands in the warnings.
    const failed = run.brokenBy !== null || !probe.complete;
    const status = failed ? 'error' : probe.status === 'ok' ? 'ok' : 'warning';
    return {
      status,
      ...(status === 'error' ? { error: errorOf(run, probe) } : {}),
      document: {
        kind: MACHINE_PROBE_CONTRACT,
        status: probe.status,
        payload: probe,
        important: importantProbe(probe),
      },
      summary: summaryOf(probe),
      store: (tx, context) => this.store(tx, context, probe, run.receivedAt),
    };
  }

  private async store(tx: Transaction, context: StoreContext, probe: MachineProbe, collectedAt: Date): Promise<void> {
    await this.facts.store(tx, context.machineId, {
      actor: context.requestedBy,
      jobId: context.jobId,
      snapshotId: context.snapshotId,
      collectedAt,
      ...factsOf(probe),
    });
    // No unit has failed: neither has one that was to be restarted. Whether it runs replaced files is not seen here.
    const restarts = { actions: ['service_restart'], except: ['service_not_restarted'] };
    if (probe.system.failed_units?.length === 0)
      this.machineState.patch(tx, context.machineId, { settlesErrors: [restarts] });
    await this.messages.upsert(tx, {
      machineId: context.machineId,
      source: 'system',
      snapshotId: context.snapshotId,
      messages: probeWarnings(probe)
        .filter(({ severity }) => severity !== 'info')
        .map((warning): ImportantMessage => ({
          category: warning.severity === 'error' ? 'error' : 'warning',
          severity: warning.severity,
          packageName: null,
          component: warning.subject,
          message: warning.message,
          payload: { code: warning.code, params: warning.params },
        })),
    });
  }
}

function summaryOf(probe: MachineProbe): Sentence {
  const system = [probe.os.pretty_name ?? probe.os_family ?? say.unknown_system(), probe.arch]
    .filter((part) => part !== null)
    .join(', ');
  const count = probeWarnings(probe).filter((warning) => warning.severity !== 'info').length;
  return count === 0 ? say.system({ system }) : say.system_warnings({ system, count });
}

function errorOf(run: CollectedRun, probe: MachineProbe): NonNullable<ActionOutcome['error']> {
  if (run.brokenBy !== null) {
    const { kind, message, action } = run.brokenBy;
    return action === null ? { kind, message } : { kind, message, action };
  }
  const incomplete = probeWarnings(probe).find(({ code }) => code === 'answer_incomplete');
  return {
    kind: 'partial_answer',
    message: incomplete === undefined ? jobs.partial_answer() : quoted(incomplete.message),
  };
}
