import type { Sentence } from '../../../kernel/sentences/sentences';
import { quoted } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { aptError } from '../analysis/errors';
import { say } from '../apt.sentences';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import type { AptUpgradePlan } from '../contracts/apt-upgrade-plan.v2';
import type { AppliedPackage, AptRunResult, AptUpgradeResult, OthersChange } from '../contracts/apt-upgrade-result.v5';
import type { AutoMarks } from '../contracts/auto-marks';
import { meanwhile, type Meanwhile, type OthersStep } from '../external/meanwhile';
import { linesOf } from '../parsers/parse-error';
import { leftBy } from '../remedies/run-left';
import { packageOf } from '../remedies/tried';
import { isUnwound } from '../remedies/verification';
import { appliedCounts, appliedPackages, plannedBefore, withoutOthers } from './applied';
import { autoMarks, unmeasuredMarks } from './auto-marks';
import { archivesLook } from './archive-facts';
import { conffileChanges } from './conffile-changes';
import { rebootAfter } from './reboot-after';
import { both, flag, inventory, lines, lockWaited } from './run-facts';
import { namedSubjects } from './subjects';
import { unmeasured } from './unmeasured';
import { lockErrors, upgradeErrors } from './upgrade-errors';

/** What an upgrade really did, with what its archives told before the install. Pure. */
export function upgradeResult(
  run: FinishedChange,
  plan: Pick<AptUpgradePlan, 'packages' | 'scope'>,
  runId: string,
): AptUpgradeResult {
  const { conffile_questions, news } = archivesLook(run.sections.get('archives'));
  const conffile_changes = conffileChanges(run.sections.get('conffile_changes'));
  const result = { ...runResult(run, plan, runId), conffile_questions, news, conffile_changes };
  // Only what apt was told by name is noted.
  const not_measured = [...unmeasured(run, result), ...unmeasuredMarks(run, plan.scope === 'packages')];
  return { ...result, auto_marks: autoMarks(run), not_measured };
}

type PlannedPackages = Pick<AptUpgradePlan, 'packages'>;

/** What a run really did, from its facts. Pure; what is missing is null, never a guess. */
export function runResult(run: FinishedChange, plan: PlannedPackages, runId: string): AptRunResult {
  const since = meanwhile(run, runId);
  const packages = packagesOf(run, plan, since);
  const audit = lines(run, 'audit', [0, 1]);
  const reboot = rebootAfter(run);
  const result = {
    ending: run.ending,
    exit_code: run.exitCode,
    rebooted: run.rebooted,
    packages,
    counts: packages === null ? null : appliedCounts(packages),
    changed_by_others: since === null ? null : since.others.map(othersChange),
    errors: withWayOut(
      namedSubjects(errorsOf(run), () => namesOf(run, plan), run.masked),
      packages,
      audit,
    ),
    conffiles: lines(run, 'conffiles'),
    failed_units: both(run, 'failed_before', 'failed_after', (was, is) => ({ before: was, after: is })),
    ports: both(run, 'ports_before', 'ports_after', (was, is) => ({
      gone: was.filter((port) => !is.includes(port)),
      opened: is.filter((port) => !was.includes(port)),
    })),
    audit,
    reboot_flag: flag(run),
    ...(reboot === undefined ? {} : { reboot }),
    drift: run.drift === null ? null : { missing: [...run.drift.missing], added: [...run.drift.added] },
  };
  return { ...result, not_measured: unmeasured(run, result) };
}

/** All that the run may have been about. */
function namesOf(run: FinishedChange, plan: PlannedPackages): string[] {
  const there = [inventory(run, 'before'), inventory(run, 'after')].flatMap((found) => [...(found?.values() ?? [])]);
  return [...plan.packages, ...there].map(({ name }) => packageOf(name));
}

function packagesOf(run: FinishedChange, plan: PlannedPackages, since: Meanwhile | null): AppliedPackage[] | null {
  const [kept, after] = [inventory(run, 'before'), inventory(run, 'after')];
  if (after === null) return null;
  const before = kept === null && run.recordLost === true ? plannedBefore(after, plan.packages) : kept;
  if (before === null) return null;
  const own = since === null ? ([before, after] as const) : withoutOthers(before, after, since, run.exitCode === 0);
  return appliedPackages(...own, plan.packages);
}

function othersChange({ name, arch, operation, from, to, at, source, actor, command }: OthersStep): OthersChange {
  return { name, arch, operation, from_version: from, to_version: to, at: at.toISOString(), source, actor, command };
}

export interface UpgradeVerdict {
  readonly status: 'ok' | 'warning' | 'error';
  readonly summary: Sentence;
  readonly error?: { readonly kind: string; readonly message: Sentence; readonly action?: Sentence };
}

/** How the run is to be told. */
export function verdictOf(result: AptRunResult & { readonly auto_marks?: AutoMarks | null }): UpgradeVerdict {
  const { ending, errors, counts } = result;
  if (ending === 'drifted')
    return failed('plan_drifted', say.run_drifted(), say.run_drifted(), say.run_drifted_action());
  if (ending === 'stopped') return { status: 'warning', summary: say.run_stopped() };
  const summary = summaryOf(result);
  if (ending === 'interrupted')
    return failed('interrupted', say.run_interrupted(), summary, say.run_interrupted_action());
  const worst = errors[0];
  if (worst !== undefined) return failed(worst.kind, quoted(worst.message), summary, quoted(worst.remediation));
  if (counts === null) return failed('answer_incomplete', say.run_not_measured(), summary);
  const strays = counts.as_planned < counts.planned || counts.unplanned > 0;
  const newlyFailed = result.failed_units?.after.some((unit) => !result.failed_units?.before.includes(unit)) ?? false;
  const lost = (result.auto_marks?.lost.length ?? 0) > 0;
  const marked =
    strays || lost || newlyFailed || (result.conffiles?.length ?? 0) > 0 || (result.audit?.length ?? 0) > 0;
  return { status: marked ? 'warning' : 'ok', summary };
}

/** Of a run that met a backup on its Proxmox host, and so changed nothing; null: it met none. */
export function backupRefusal({ ending, sections }: FinishedChange): UpgradeVerdict | null {
  if (ending !== 'ended' || !sections.has('refused.backup')) return null;
  return failed('backup_running', say.run_refused_backup(), say.run_refused_backup(), say.backup_running_action());
}

function failed(kind: string, message: Sentence, summary: Sentence, action?: Sentence): UpgradeVerdict {
  return { status: 'error', summary, error: { kind, message, ...(action === undefined ? {} : { action }) } };
}

function summaryOf({ counts, changed_by_others }: AptRunResult): Sentence {
  if (counts === null) return say.run_not_measured();
  const { as_planned: done, planned, unplanned } = counts;
  const others = new Set(changed_by_others?.map(({ name, arch }) => `${name}:${arch}`)).size;
  if (others > 0) return say.run_summary_others({ done, planned, unplanned, others });
  return unplanned > 0 ? say.run_summary_unplanned({ done, planned, unplanned }) : say.run_summary({ done, planned });
}

function errorsOf(run: FinishedChange): AptError[] {
  // A run that refused to begin met no error of apt.
  if (run.ending === 'drifted' || backupRefusal(run) !== null) return [];
  if (run.ending === 'stopped') return lockErrors(lockWaited(run));
  const full = recordFull(run);
  if (run.ending === 'interrupted') {
    // Cut off before dpkg began, or after it had ended: there is nothing to repair.
    const whole = lines(run, 'audit')?.length === 0 && lines(run, 'journal')?.length === 0;
    const cut = aptError('dpkg_interrupted', 'error', say.run_interrupted(), linesOf(run.log).slice(-10));
    return whole ? full : [cut, ...full];
  }
  const found = upgradeErrors(run.log, run.exitCode, {
    inodesGone: lines(run, 'inodes_gone') ?? [],
    confined: (lines(run, 'confinement') ?? []).length > 0,
  });
  const named = found.some(({ kind }) => kind === 'no_space');
  return [...(named ? [] : full), ...found, ...diedErrors(run, found)];
}

/** Where dpkg has taken its own steps back after a script that failed, and left no other package, a repair would find nothing. */
function withWayOut(errors: AptError[], packages: AppliedPackage[] | null, audit: string[] | null): AptError[] {
  if (packages === null || audit?.length !== 0) return errors;
  return errors.map((error) => {
    const left = leftBy({ errors: [error], packages, audit }).get(error.kind) ?? [];
    return isUnwound(error.kind, left) ? { ...error, remediation: say.run_script_unwound_action() } : error;
  });
}

/** By the look that was taken late, as the run could not keep its own. */
function recordFull(run: FinishedChange): AptError[] {
  const rows = lines(run, 'record_full') ?? [];
  const mount = rows[0]?.replace(/^.*% /, '') ?? '';
  return mount === '' ? [] : [aptError('no_space', 'error', say.run_record_full({ mount }), rows, mount)];
}

/** What was wrong may kill dpkg itself; whether it did, its journal tells. Where another dpkg works, that is its own. */
function diedErrors(run: FinishedChange, found: readonly AptError[]): AptError[] {
  const journal = lines(run, 'journal') ?? [];
  const known = found.some(({ kind }) => kind === 'dpkg_interrupted' || kind === 'apt_lock_busy');
  if (run.exitCode === 0 || known || journal.length === 0) return [];
  return [aptError('dpkg_interrupted', 'error', say.dpkg_interrupted(), journal)];
}
