import { hash } from 'node:crypto';
import type { Transaction } from '../../../kernel/database/transaction';
import { ImportantMessages, type GoneErrors, type ImportantMessage } from '../../history/important-messages';
import {
  JobAction,
  type ActionContext,
  type ActionOutcome,
  type ActionScript,
  type CollectedRun,
  type ReadAction,
  type ReadDeclaration,
  type StoreContext,
} from '../../jobs/actions/job-action';
import { Clock } from '../../../kernel/clock';
import { MachineState } from '../../machines/machine-state';
import { analyseApt } from '../analysis/analyse';
import { goneErrors } from '../analysis/gone-errors';
import { plannedPackages, type PlannedPackage } from '../analysis/planned-packages';
import { Settlements } from '../remedies/settlements';
import { changesSomething, statePatchOf } from '../apt-verdict';
import { AptHolds } from '../apt-holds';
import { AptRepository } from '../apt.repository';
import { importantApt } from '../contracts/apt-update-analyze.important';
import { APT_UPDATE_ANALYZE_CONTRACT, type AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { readLogs } from '../external/read-logs';
import { ExternalChanges } from '../external/external-changes.store';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { say as jobs } from '../../jobs/jobs.sentences';
import { say } from '../apt.sentences';
import { ANALYZE_SCRIPTS } from './analyze-scripts';
import { FetchProxy } from './fetch-proxy';
import { remediationOf } from '../contracts/apt-error-kinds';

interface Parameters {
  readonly refresh: boolean;
}

const kibibyte = 1024;

/**
 * Twice and more what a machine with 2,000 pending packages prints in its long sections; the others are short whatever
 * is pending. Small, because many machines may print without end at the same time.
 */
const OUTPUT_LIMITS = {
  sectionBytes: 256 * kibibyte,
  sections: {
    refresh: 128 * kibibyte,
    'sim_*': 1024 * kibibyte,
    policy_packages: 2048 * kibibyte,
    records: 2048 * kibibyte,
    installed_records: 1024 * kibibyte,
  },
  runBytes: 6 * 1024 * kibibyte,
};

/** Refreshes the package lists and finds out what each kind of upgrade would do, and why it would leave the rest. */
@JobAction()
export class AptUpdateAnalyzeAction implements ReadAction<Parameters> {
  readonly declaration: ReadDeclaration = {
    kind: 'read',
    name: 'apt_update_analyze',
    title: say.title(),
    permission: 'machines.run',
    risk: 'none',
    lockKind: 'apt',
    timeoutSeconds: 600,
    estimateSeconds: 20,
    maxAttempts: 3,
    // Whoever waits a while and looks again has done what there is to do, or sees that it was not enough.
    remedies: [
      'apt_lock_busy',
      'deb_404',
      'no_index',
      'refresh_timed_out',
      'repo_5xx',
      'repo_connection_lost',
      'repo_hash_mismatch',
      'repo_timeout',
      'answer_incomplete',
    ],
    steps: [
      { name: 'refresh', sections: ['refresh'], log: 'output' },
      {
        name: 'state',
        sections: [
          'refresh_facts',
          'stamps',
          'note_successes',
          'configured',
          'index_files',
          'dpkg_*',
          'holds',
          'apt_history',
        ],
      },
      { name: 'plans', sections: ['sim_*', 'policy_*', 'explain', 'records', 'installed_records'] },
      {
        name: 'reboot',
        sections: ['reboot_flag', 'kernels', 'container', 'init_maps', 'needrestart', 'co_managers', 'space'],
      },
    ],
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        refresh: { type: 'boolean', default: true, description: 'Ask the repositories for new package lists first.' },
      },
    },
    unversionedParameters: true,
    contracts: ['apt_update_analyze@1'],
  };

  constructor(
    private readonly fetchProxy: FetchProxy,
    private readonly machineState: MachineState,
    private readonly repository: AptRepository,
    private readonly messages: ImportantMessages,
    private readonly holds: AptHolds,
    private readonly externalChanges: ExternalChanges,
    private readonly clock: Clock,
    private readonly settlements: Settlements,
  ) {}

  async script(context: ActionContext<Parameters>): Promise<ActionScript> {
    const from = await this.externalChanges.readFrom(context.machineId, this.clock.now());
    const proxy = await this.fetchProxy.of(context, 'apt_update_analyze');
    return {
      file: ANALYZE_SCRIPTS,
      parameters: {
        REFRESH: context.parameters.refresh ? '1' : '0',
        HISTORY_SINCE: String(Math.floor(from.getTime() / 1000)),
        ...proxy.parameters,
      },
      secrets: proxy.secrets,
      // A hanging repository is silent until apt gives it up; the script bounds the refresh itself.
      timeouts: { progressMs: 300_000, totalMs: 570_000 },
      limits: OUTPUT_LIMITS,
    };
  }

  collect(run: CollectedRun): ActionOutcome {
    const document = analyseApt(run.sections, { measuredAt: run.receivedAt });
    const status = run.brokenBy === null ? document.status : 'error';
    const stored = { ...document, status };
    const planned = plannedPackages(stored);
    const logged = readLogs(run);
    const gone = goneErrors(document);
    return {
      status,
      ...(status === 'error' ? { error: errorOf(run, document) } : {}),
      document: {
        kind: APT_UPDATE_ANALYZE_CONTRACT,
        status,
        payload: stored,
        important: importantApt(stored),
        contentSha256: contentSha256(planned, stored),
      },
      failedSteps: document.refresh.refreshed || document.refresh.outcome === 'skipped' ? [] : ['refresh'],
      summary: summaryOf(document),
      store: async (tx, context) => {
        if (context.contentSnapshotId === null) {
          await this.repository.storePlans(tx, context, planned);
          await this.repository.storeErrors(tx, context, stored);
        }
        await this.storeState(tx, context, stored, run.receivedAt, { more: logged.messages, gone });
        await this.externalChanges.store(tx, context, logged.changes);
        await this.externalChanges.noteReading(tx, context.machineId, logged.reading, logged.until);
      },
    };
  }

  private async storeState(
    tx: Transaction,
    context: StoreContext,
    document: AptUpdateAnalyze,
    measuredAt: Date,
    { more, gone }: { readonly more: readonly ImportantMessage[]; readonly gone: GoneErrors },
  ): Promise<void> {
    await this.messages.upsert(tx, {
      machineId: context.machineId,
      source: 'apt',
      snapshotId: context.snapshotId,
      messages: [...messagesOf(document), ...more],
      gone,
    });
    if (document.holds !== null) await this.holds.forgetOthers(tx, context.machineId, document.holds);
    this.machineState.patch(tx, context.machineId, statePatchOf(document, measuredAt));
    await this.settlements.byAnalysis(tx, context.machineId, document);
  }
}

/** What people should read when the log is gone: what apt said, and what went wrong. */
function messagesOf({ messages, errors }: AptUpdateAnalyze): ImportantMessage[] {
  const failures = errors.filter(({ severity }) => severity === 'error');
  return [
    ...messages.map(({ category, severity, package_name, component, message, code }) => ({
      category,
      severity,
      packageName: package_name,
      component,
      message,
      payload: { code },
    })),
    ...failures.map(({ kind, message, subject }) => ({
      category: 'error' as const,
      severity: 'error' as const,
      packageName: null,
      component: subject,
      message,
      payload: { code: kind },
    })),
  ];
}

/** Of what becomes rows of `apt_planned_packages` and `apt_errors`. */
function contentSha256(planned: readonly PlannedPackage[], { errors }: AptUpdateAnalyze): string {
  return hash('sha256', JSON.stringify([planned, errors]));
}

function summaryOf(document: AptUpdateAnalyze): Sentence {
  const { updates } = document.counts;
  const security = document.counts.security ?? 0;
  const left = document.plans.dist_upgrade?.left_back ?? 0;
  if (updates === null) return say.not_measured();
  if (updates === 0 && left === 0 && changesSomething(document)) return say.other_changes();
  if (updates === 0 && left === 0) return document.refresh.refreshed ? say.nothing() : say.nothing_by_old_lists();
  if (security > 0 && left > 0) return say.updates_security_left({ updates, security, left });
  if (security > 0) return say.updates_security({ updates, security });
  return left > 0 ? say.updates_left({ updates, left }) : say.updates({ updates });
}

function errorOf(run: CollectedRun, document: AptUpdateAnalyze): NonNullable<ActionOutcome['error']> {
  if (run.brokenBy !== null) {
    const { kind, message, action } = run.brokenBy;
    return action === null ? { kind, message } : { kind, message, action };
  }
  const worst = document.errors.find(({ severity }) => severity === 'error');
  if (worst === undefined) return { kind: 'partial_answer', message: jobs.partial_answer() };
  return { kind: worst.kind, message: quoted(worst.message), action: remediationOf(worst.kind) };
}
