import type {
  AptCounts,
  AptError,
  AptUpdateAnalyze,
  IndexState,
  LeftBackPackage,
  LeftBackReason,
  PlanName,
} from '../contracts/apt-update-analyze.v1';
import { APT_UPDATE_ANALYZE_CONTRACT } from '../contracts/apt-update-analyze.v1';
import { parseCoManagers } from '../parsers/co-managers';
import { parseAptVersion, parseHolds } from '../parsers/dpkg';
import { parseExplanations } from '../parsers/explanations';
import { parseConfigured, parseIndexFiles, parseStamps } from '../parsers/index-state';
import { parsePolicyPackages, parsePolicySources } from '../parsers/policy';
import { parseInstalledRecords, parseRecords } from '../parsers/records';
import { parseSimulation } from '../parsers/simulation';
import { parseSpace } from '../parsers/space';
import { parseComplaints } from '../parsers/update-output';
import { changesOf, PLAN_NAMES, type Plans, planSummary, RecordIndex, securityUpdates } from './changes';
import { coManagement, dpkgErrors } from './dpkg-state';
import { aptError } from './errors';
import { LeftBackFinder } from './left-back';
import { messagesOf } from './messages';
import { Needs } from './needs';
import { OriginIndex } from './origins';
import { type Environment, parseEnvironment, readDpkgState, readReboot } from './machine-reading';
import { indexState, readRefresh, refreshErrors, refreshResult, settledOutcome, withoutUserInfo } from './refresh';
import { judgeRepositories, naturalPriorities } from './repositories';
import { type AptSections, SectionReader } from './sections';
import { say } from '../apt.sentences';

const SIMULATIONS: Record<PlanName, string> = {
  upgrade: 'sim_upgrade',
  upgrade_with_new: 'sim_new',
  dist_upgrade: 'sim_dist',
};

// `xargs` turns any failure of its command into 123; apt-cache show fails when a single record is missing and prints the rest.
const PARTIAL_EXITS = [0, 1, 100, 123];

function readIndex(reader: SectionReader, environment: Environment | null, measuredAt: Date) {
  const reading = readRefresh(reader);
  const facts = {
    configured: reader.read('configured', (text) => parseConfigured(withoutUserInfo(text))),
    files: reader.read('index_files', parseIndexFiles),
    stamps: reader.read('stamps', (text) => parseStamps(withoutUserInfo(text))),
    sources: reader.read('policy_sources', (text) => parsePolicySources(withoutUserInfo(text))),
    update: reading.update,
    outcome: reading.outcome,
    proxies: reading.facts?.proxies ?? new Set<string>(),
    now: environment?.now ?? null,
    measuredAt,
  };
  const judged = judgeRepositories(facts);
  const repositories = judged?.map(({ repository }) => repository) ?? null;
  const outcome = settledOutcome(reading, repositories);
  reader.report(refreshErrors(reading, outcome, judged ?? []));
  const index = indexState(repositories, outcome);
  return {
    facts,
    repositories,
    index,
    refresh: refreshResult(reading, outcome),
    complaints: reading.update?.complaints ?? [],
  };
}

/** Without any package list every plan is empty, which is not the same as "nothing to do". */
function missingIndex(repositories: readonly unknown[] | null, index: IndexState): AptError[] {
  if (repositories === null || index.basis !== 'none') return [];
  return repositories.length === 0
    ? [aptError('no_repositories', 'error', say.no_repositories(), [])]
    : [aptError('no_index', 'error', say.no_index(), [])];
}

function readPlans(reader: SectionReader, usable: boolean): Plans {
  const read = (plan: PlanName) => {
    const simulation = reader.read(SIMULATIONS[plan], parseSimulation);
    return usable ? simulation : null;
  };
  return { upgrade: read('upgrade'), upgrade_with_new: read('upgrade_with_new'), dist_upgrade: read('dist_upgrade') };
}

function readPackages(
  reader: SectionReader,
  plans: Plans,
  environment: Environment | null,
  index: ReturnType<typeof readIndex>['facts'],
) {
  const holds = reader.read('holds', parseHolds);
  const policies = reader.read('policy_packages', (text) => parsePolicyPackages(withoutUserInfo(text)));
  const planned = reader.read('records', parseRecords, PARTIAL_EXITS);
  const installed = reader.read('installed_records', parseInstalledRecords, PARTIAL_EXITS);
  const withoutPhasing = reader.read('sim_phased', (text) =>
    text.startsWith('nothing is phased') ? null : parseSimulation(text),
  );
  const explanations = reader.read('explain', parseExplanations, PARTIAL_EXITS);
  const records = new RecordIndex(planned, installed, environment?.architecture ?? null);
  const origins = new OriginIndex(index.sources, policies);
  const { upgrade, upgrade_with_new, dist_upgrade } = plans;
  const measured =
    policies !== null && holds !== null && upgrade !== null && upgrade_with_new !== null && dist_upgrade !== null;
  const leftBack = measured
    ? new LeftBackFinder({
        packages: policies,
        holds: new Set(holds),
        plans: { upgrade, upgrade_with_new, dist_upgrade },
        withoutPhasing,
        explanations,
        naturalPriorities: naturalPriorities(index),
        records,
        origins,
        needs: new Needs(planned, installed),
      }).all()
    : null;
  return { holds, leftBack, changes: changesOf(plans, records, origins), records };
}

function readDpkg(reader: SectionReader) {
  const found = reader.read('co_managers', parseCoManagers);
  const shared = found === null ? null : coManagement(found);
  const state = readDpkgState(reader);
  reader.report(dpkgErrors(state, shared?.busy ?? []));
  return { state, shared };
}

function readSpace(reader: SectionReader) {
  return (
    reader.read('space', parseSpace)?.map((space) => ({
      path: space.path,
      mount: space.mount,
      device: space.device,
      size_bytes: space.sizeBytes,
      available_bytes: space.availableBytes,
      used_percent: space.usedPercent,
      inodes: space.inodes,
      inodes_free: space.inodesFree,
    })) ?? null
  );
}

const REASONS: readonly LeftBackReason[] = [
  'held',
  'phased',
  'pinned',
  'needs_new_packages',
  'needs_removals',
  'not_installable',
  'unexplained',
];

function byReason(leftBack: readonly LeftBackPackage[]): Record<LeftBackReason, number> {
  const counts = Object.fromEntries(REASONS.map((reason) => [reason, 0])) as Record<LeftBackReason, number>;
  for (const { reason } of leftBack) counts[reason] += 1;
  return counts;
}

/** The worst error decides; an incomplete answer is an error whatever it says, and old lists are never "ok". */
function statusOf(complete: boolean, errors: readonly AptError[], index: IndexState): AptUpdateAnalyze['status'] {
  if (!complete || errors.some(({ severity }) => severity === 'error')) return 'error';
  return errors.length > 0 || index.basis !== 'fresh' ? 'warning' : 'ok';
}

/**
 * Turns the answer of `scripts/apt-update-analyze/` into the contract. Pure; never throws on what a machine said: what is
 * missing or unreadable becomes null and a row of `errors`.
 * @param context.measuredAt the controller's clock when the answer came
 */
export function analyseApt(sections: AptSections, context: { measuredAt: Date }): AptUpdateAnalyze {
  const { measuredAt } = context;
  const reader = new SectionReader(sections);
  const environment = reader.read('environment', parseEnvironment);
  const { facts, repositories, index, refresh, complaints } = readIndex(reader, environment, measuredAt);
  reader.report(missingIndex(repositories, index));
  const plans = readPlans(reader, repositories === null || index.basis !== 'none');
  const { holds, leftBack, changes, records } = readPackages(reader, plans, environment, facts);
  const autoremove = reader.read('sim_autoremove', parseSimulation);
  const { reboot, kernels } = readReboot(reader, environment);
  const { state: dpkg, shared } = readDpkg(reader);
  const leftBy = (plan: PlanName): number | null =>
    leftBack?.filter((entry) => entry.left_by.includes(plan)).length ?? null;
  const summaries = Object.fromEntries(
    PLAN_NAMES.map((plan) => [
      plan,
      plans[plan] === null || changes === null ? null : planSummary(plan, changes, leftBy(plan)),
    ]),
  ) as AptUpdateAnalyze['plans'];
  const removable = autoremove?.changes.filter((change) => change.operation === 'remove') ?? null;
  const counts: AptCounts = {
    updates: summaries.dist_upgrade?.upgraded ?? null,
    security: changes === null || summaries.dist_upgrade === null ? null : securityUpdates('dist_upgrade', changes),
    left_back: leftBack?.length ?? null,
    left_back_by_reason: leftBack === null ? null : byReason(leftBack),
    autoremovable: removable?.length ?? null,
    held: holds?.length ?? null,
    broken: dpkg.broken?.length ?? null,
  };
  const file_systems = readSpace(reader);
  const apt_version = reader.read('apt_version', parseAptVersion);
  const all = [...complaints, ...parseComplaints(sections.get('policy_sources')?.stderr ?? '')];
  return {
    contract: APT_UPDATE_ANALYZE_CONTRACT,
    schema_version: 1,
    status: statusOf(reader.complete, reader.errors, index),
    complete: reader.complete,
    measured_at: measuredAt.toISOString(),
    apt_version,
    architecture: environment?.architecture ?? null,
    foreign_architectures: environment?.foreign ?? null,
    refresh,
    index,
    repositories,
    counts,
    plans: summaries,
    changes,
    left_back: leftBack,
    autoremovable:
      removable?.map(({ name, from }) => ({
        name: name.replace(/:.*/, ''),
        arch: records.archOf(name),
        version: from ?? '',
      })) ?? null,
    holds,
    reboot,
    kernels,
    dpkg,
    co_management: shared,
    file_systems,
    errors: reader.errors,
    messages: messagesOf({
      complaints: all,
      repositories: repositories ?? [],
      changes: changes ?? [],
      leftBack: leftBack ?? [],
      measuredAt,
    }),
  };
}
