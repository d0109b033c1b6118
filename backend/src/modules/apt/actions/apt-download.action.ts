import { quoted } from '../../../kernel/sentences/sentences';
import {
  JobAction,
  type ActionContext,
  type ActionOutcome,
  type ActionScript,
  type CollectedRun,
  type ReadAction,
  type ReadDeclaration,
} from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import { announcedPackages } from '../parsers/announced-packages';
import { subjectOf } from '../remedies/run-left';
import { Settlements } from '../remedies/settlements';
import { upgradeErrors } from '../upgrade/upgrade-errors';
import { transactionParameters, UPGRADE_PARAMETERS, type UpgradeParameters } from '../upgrade/upgrade-parameters';
import { PROXY_SCRIPT } from './analyze-scripts';
import { scriptFiles } from './apt-changes';
import { FetchProxy } from './fetch-proxy';

/**
 * Fetches the archives of an upgrade into apt's cache, verified by apt, and installs nothing: so that its plan can tell what
 * only they know, and its run begins with the install. May be run any number of times; what is there is not fetched again.
 */
@JobAction()
export class AptDownloadAction implements ReadAction<UpgradeParameters> {
  readonly declaration: ReadDeclaration = {
    kind: 'read',
    name: 'apt_download',
    title: say.download_title(),
    permission: 'machines.run',
    risk: 'none',
    lockKind: 'apt',
    timeoutSeconds: 2 * 3600,
    estimateSeconds: 60,
    maxAttempts: 2,
    steps: [{ name: 'download', sections: ['download'], log: 'output' }],
    parameters: UPGRADE_PARAMETERS,
    contracts: [],
  };

  constructor(
    private readonly fetchProxy: FetchProxy,
    private readonly settlements: Settlements,
  ) {}

  async script(context: ActionContext<UpgradeParameters>): Promise<ActionScript> {
    const proxy = await this.fetchProxy.of(context, this.declaration.name);
    return {
      file: [PROXY_SCRIPT, ...scriptFiles('apt-transaction.sh', 'apt-download.sh')],
      parameters: { ...transactionParameters(context.machineId, context.parameters), ...proxy.parameters },
      secrets: proxy.secrets,
      timeouts: { progressMs: 300_000, totalMs: 7_100_000 },
    };
  }

  collect({ sections, brokenBy }: CollectedRun, { parameters }: ActionContext<UpgradeParameters>): ActionOutcome {
    if (brokenBy !== null) {
      const { kind, message, action } = brokenBy;
      return { status: 'error', error: { kind, message, ...(action === null ? {} : { action }) } };
    }
    const said = sections.get('download');
    if (said?.exitCode === 0)
      return {
        status: 'ok',
        summary: say.download_done(),
        settlesByStore: true,
        store: (tx, { machineId }) =>
          this.settlements.byDownload(tx, machineId, parameters, announcedPackages(said.stdout)),
      };
    const [worst, ...others] = upgradeErrors(`${said?.stdout ?? ''}\n${said?.stderr ?? ''}`, said?.exitCode ?? null);
    if (worst === undefined)
      return { status: 'error', error: { kind: 'answer_incomplete', message: say.download_unknown() } };
    const { kind, message, remediation } = worst;
    return {
      status: 'error',
      error: { kind, message: quoted(message), action: quoted(remediation), subject: subjectOf(worst) },
      furtherErrors: others.map((one) => ({ kind: one.kind, message: quoted(one.message), subject: subjectOf(one) })),
      failedSteps: ['download'],
    };
  }
}
