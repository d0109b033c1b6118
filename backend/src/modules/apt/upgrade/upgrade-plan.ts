import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { ChangePlan, PlanConsequence, PlanOutcome, PreflightCheck } from '../../jobs/actions/change-action';
import type { ActionRisk, CollectedRun } from '../../jobs/actions/job-action';
import { analyseApt } from '../analysis/analyse';
import { diskBytes, PLAN_NAMES, type RecordIndex } from '../analysis/changes';
import { isSimulatedSecurity } from '../analysis/origins';
import { say } from '../apt.sentences';
import type { AptUpdateAnalyze, PlanName } from '../contracts/apt-update-analyze.v1';
import type { AptUpgradePlan, UpgradeModeCounts, UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { parseKernelFiles } from '../parsers/kernel-files';
import { linesOf, readable } from '../parsers/parse-error';
import { parseSimulation, simulatedOrigins } from '../parsers/simulation';
import { archivesLook, missingBytes, type ArchivesLook } from './archive-facts';
import { fileSystems, sumOf, type PresentFiles } from './forecast';
import { parseInitFiles, rebootForecast, type InitFiles } from './reboot-forecast';
import { failureOf, modeExceeded, proxmoxMode, unreadable } from './plan-failures';
import { presenceOf } from './look';
import { presenceConsequences, type OwnPresence } from './own-machine';
import { parsePlanLines, type PackageLine } from './plan-lines';
import { preflight } from './preflight';
import { effectsOf } from './plan-effects';
import { plannedRecords } from './sized-package';
import type { UpgradeParameters } from './upgrade-parameters';

/** What this program knows by itself about the machine and the moment. */
export interface UpgradeContext {
  readonly parameters: UpgradeParameters;
  /** The machines that this program runs on. */
  readonly ownHosts: OwnHosts;
}

/**
 * Turns the answer of the plan's script into a plan. Pure; what cannot be read ends as a failure, never as a plan that
 * might be another one.
 */
export function upgradePlan(run: CollectedRun, { parameters, ownHosts }: UpgradeContext): PlanOutcome {
  const failure = failureOf(run);
  if (failure !== null) return { kind: 'failed', failure, failedSteps: ['transaction'] };
  const read = readable(() => ({
    lines: parsePlanLines(text(run, 'plan_lines')),
    counted: parseSimulation(text(run, 'plan_simulation')).changes.length,
  }));
  if (read === null) return { kind: 'failed', failure: unreadable() };
  const { lines, counted } = read;
  if (counted !== lines.packages.length) return { kind: 'failed', failure: unreadable() };
  const mode = parameters.mode ?? plannedMode(lines.lines);
  if (mode === null) return { kind: 'failed', failure: unreadable() };
  const { scope } = parameters;
  if (lines.packages.length === 0) return { kind: 'nothing', summary: nothingOf(scope, mode) };
  const exceeded = modeExceeded(lines.packages, mode);
  if (exceeded !== null) return { kind: 'failed', failure: exceeded };
  const proxmox = /^proxmox=yes$/m.test(text(run, 'plan_backups'));
  if (proxmox && (mode !== 'dist_upgrade' || scope !== 'all')) return { kind: 'failed', failure: proxmoxMode() };
  const analysis = analyseApt(run.sections, { measuredAt: run.receivedAt });
  const archives = archivesLook(run.sections.get('plan_archives'));
  const details = {
    ...detailsOf(lines.packages, factsOf(run), analysis, { mode, scope }, presentOf(run)),
    ...archives,
  };
  const presence = presenceOf(run, ownHosts);
  const checks = preflight({
    analysis,
    fileSystems: details.file_systems === null ? null : [...details.file_systems],
    locks: answered(run, 'plan_locks'),
    backups: answered(run, 'plan_backups'),
    sudo: answered(run, 'plan_sudo'),
    removed: namesOf(details.packages, 'remove'),
    machineTime: numberOf(answered(run, 'plan_clock')),
    ownTime: run.receivedAt.getTime() / 1000,
    presence,
    leftOut: scope === 'packages' ? leftOut(parameters.packages, details.packages) : null,
  });
  return { kind: 'planned', plan: planOf(lines.lines, details, checks, { proxmox, presence }) };
}

function planOf(
  lines: readonly string[],
  details: AptUpgradePlan,
  checks: readonly PreflightCheck[],
  machine: { proxmox: boolean; presence: OwnPresence },
): ChangePlan {
  const { packages } = details;
  return {
    lines,
    summary: summaryOf(packages),
    risk: riskOf(packages, machine.proxmox, details.reboot.expected),
    effects: effectsOf(packages, details.scope === 'security'),
    consequences: consequencesOf(packages, machine),
    checks,
    details,
  };
}

function detailsOf(
  planned: readonly PackageLine[],
  facts: PackageFacts,
  analysis: AptUpdateAnalyze,
  { mode, scope }: Pick<AptUpgradePlan, 'mode' | 'scope'>,
  present: Present,
): Omit<AptUpgradePlan, keyof ArchivesLook> {
  const packages = planned.map((line) => packageOf(line, facts, analysis));
  const { index } = analysis;
  return {
    mode,
    scope,
    packages,
    left_back: leftBack(analysis, mode),
    modes: modeCounts(analysis),
    download_bytes: sumOf(packages.map(({ download_bytes }) => download_bytes)),
    disk_bytes: sumOf(packages.map(({ disk_bytes }) => disk_bytes)),
    file_systems: fileSystems(packages, analysis.file_systems, present),
    reboot: rebootForecast(packages, analysis.reboot, present.init),
    services: present.services,
    index: { basis: index.basis, age_seconds: index.age_seconds, last_success_at: index.last_success_at },
    no_remove: packages.every(({ operation }) => operation !== 'remove'),
  };
}

function packageOf(
  { line, operation, name, arch, from, to, origin }: PackageLine,
  { rollback, records }: PackageFacts,
  { changes, architecture }: Pick<AptUpdateAnalyze, 'changes' | 'architecture'>,
): UpgradePackage {
  const known = changes?.find(
    (change) =>
      change.name === name &&
      change.to_version === to &&
      change.from_version === from &&
      (arch === null || change.arch === arch),
  );
  // What the analysis does not speak of: in the security scope that may be another version than apt's own choice.
  const after = to === null || arch === null ? null : records.ofTarget(name, to, arch);
  const before = from === null ? null : records.ofInstalled(arch === null ? name : `${name}:${arch}`);
  return {
    line,
    operation,
    name,
    arch: arch ?? known?.arch ?? null,
    from_version: from,
    to_version: to,
    origin,
    security: known === undefined ? securityOf(origin) : known.security,
    source: known?.source ?? before?.source ?? null,
    download_bytes: known === undefined ? (after?.downloadBytes ?? null) : known.download_bytes,
    disk_bytes: known === undefined ? diskBytes(operation, after, before) : known.disk_bytes,
    rollback: from === null ? null : (rollback.get(`${ofApt(name, arch, architecture)} ${from}`) ?? null),
  };
}

/** A package as apt names it: with its architecture where that is foreign. */
function ofApt(name: string, arch: string | null, native: string | null): string {
  return arch === null || arch === 'all' || arch === native ? name : `${name}:${arch}`;
}

/** True where an archive for security is among them: a plan alone cannot tell that none stands in between. */
function securityOf(origin: string | null): boolean | null {
  return origin !== null && simulatedOrigins(origin).some(isSimulatedSecurity) ? true : null;
}

/** What the machine chose where nobody had: the script says it in the plan. */
function plannedMode(lines: readonly string[]): PlanName | null {
  return PLAN_NAMES.find((mode) => lines.includes(`mode ${mode}`)) ?? null;
}

/** Chosen packages that this upgrade leaves as they are. */
function leftOut(chosen: readonly string[], packages: readonly UpgradePackage[]): string[] {
  const planned = new Set(packages.flatMap(({ name, arch }) => [name, `${name}:${arch ?? ''}`]));
  return chosen.filter((name) => !planned.has(name));
}

function nothingOf(scope: UpgradeParameters['scope'], mode: PlanName): Sentence {
  if (scope === 'all') return say.nothing();
  return scope === 'security' ? say.nothing_security() : say.nothing_chosen({ mode });
}

function leftBack({ left_back }: AptUpdateAnalyze, mode: PlanName): AptUpgradePlan['left_back'] {
  if (left_back === null) return null;
  return left_back
    .filter(({ left_by }) => left_by.includes(mode))
    .map(({ name, arch, installed_version, available_version, security, reason, detail }) => ({
      name,
      arch,
      installed_version,
      available_version,
      security,
      reason,
      detail,
    }));
}

function modeCounts({ plans }: AptUpdateAnalyze): AptUpgradePlan['modes'] {
  const counts = (mode: PlanName): UpgradeModeCounts | null => {
    const plan = plans[mode];
    if (plan === null) return null;
    const { upgraded, installed, removed, downgraded, security, left_back } = plan;
    return { upgraded, installed, removed, downgraded, security, left_back };
  };
  return Object.fromEntries(PLAN_NAMES.map((mode) => [mode, counts(mode)])) as AptUpgradePlan['modes'];
}

function countsOf(packages: readonly UpgradePackage[]): Record<UpgradePackage['operation'], number> {
  const counts = { upgrade: 0, install: 0, remove: 0, downgrade: 0 };
  for (const { operation } of packages) counts[operation] += 1;
  return counts;
}

function summaryOf(packages: readonly UpgradePackage[]): Sentence {
  const { upgrade: upgraded, install: installed, remove: removed, downgrade: downgraded } = countsOf(packages);
  return downgraded > 0
    ? say.plan_summary_downgraded({ upgraded, installed, removed, downgraded })
    : say.plan_summary({ upgraded, installed, removed });
}

function riskOf(packages: readonly UpgradePackage[], proxmox: boolean, reboot: boolean | null): ActionRisk {
  const { remove, downgrade } = countsOf(packages);
  if (remove > 0 || downgrade > 0 || proxmox) return 'high';
  return reboot === true ? 'medium' : 'low';
}

function namesOf(packages: readonly UpgradePackage[], operation: UpgradePackage['operation']): string[] {
  return packages.filter((entry) => entry.operation === operation).map(({ name }) => name);
}

function consequencesOf(
  packages: readonly UpgradePackage[],
  { proxmox, presence }: { proxmox: boolean; presence: OwnPresence },
): PlanConsequence[] {
  const removed = namesOf(packages, 'remove').join(', ');
  const downgraded = namesOf(packages, 'downgrade').join(', ');
  return [
    ...(removed === '' ? [] : [{ code: 'removals', sentence: say.consequence_removals({ packages: removed }) }]),
    ...(downgraded === ''
      ? []
      : [{ code: 'downgrades', sentence: say.consequence_downgrades({ packages: downgraded }) }]),
    ...(proxmox ? [{ code: 'proxmox_host', sentence: say.consequence_proxmox() }] : []),
    ...presenceConsequences(presence),
  ];
}

interface Present extends PresentFiles {
  readonly services: readonly string[] | null;
  readonly init: InitFiles | null;
}

function presentOf(run: CollectedRun): Present {
  const files = answered(run, 'plan_kernel_files');
  const services = answered(run, 'plan_services');
  const init = answered(run, 'plan_init');
  return {
    init: init === null ? null : readable(() => parseInitFiles(init)),
    services: services === null ? null : linesOf(services),
    missingBytes: missingBytes(run.sections.get('plan_archives')),
    kernels: files === null ? null : readable(() => parseKernelFiles(files)),
  };
}

interface PackageFacts {
  /** By name, as apt writes it, and installed version. */
  readonly rollback: ReadonlyMap<string, boolean>;
  readonly records: RecordIndex;
}

function factsOf(run: CollectedRun): PackageFacts {
  return { rollback: rollbacks(run), records: plannedRecords(run, null) };
}

/** By name, as apt writes it, and installed version. */
function rollbacks(run: CollectedRun): Map<string, boolean> {
  const rows = (answered(run, 'plan_rollback') ?? '').split('\n').map((line) => line.split('\t'));
  return new Map(
    rows.flatMap(([name = '', version = '', found = '']) =>
      name === '' ? [] : [[`${name} ${version}`, found === 'yes'] as const],
    ),
  );
}

function answered(run: CollectedRun, name: string): string | null {
  const section = run.sections.get(name);
  return section?.exitCode === 0 ? section.stdout : null;
}

function text(run: CollectedRun, name: string): string {
  return run.sections.get(name)?.stdout ?? '';
}

function numberOf(answer: string | null): number | null {
  return answer !== null && /^\d+\s*$/.test(answer) ? Number(answer) : null;
}
