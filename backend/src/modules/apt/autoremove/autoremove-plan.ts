import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { PlanConsequence, PlanOutcome, PreflightCheck } from '../../jobs/actions/change-action';
import type { CollectedRun, RunFailure } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import {
  KEPT_REASONS,
  type AptAutoremovePlan,
  type KeptPackage,
  type KeptReason,
} from '../contracts/apt-autoremove.v3';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { linesOf, ParseError, readable } from '../parsers/parse-error';
import { answer, answered } from '../parsers/plan-answers';
import { sumOf } from '../upgrade/forecast';
import { check } from '../upgrade/check';
import { coManagersOf, dpkgOf, presenceOf } from '../upgrade/look';
import { barePackage, type PackageLine } from '../upgrade/plan-lines';
import { presenceChecks, presenceConsequences, type OwnPresence } from '../upgrade/own-machine';
import { backupCheck, dpkgCheck, locksCheck, sudoCheck, updatersCheck } from '../upgrade/preflight';
import { simulatedPlan } from '../upgrade/simulated-plan';

/** Turns the answer of the plan's script into a plan. Pure. */
export function autoremovePlan(run: CollectedRun, ownHosts: OwnHosts): PlanOutcome {
  const read = simulatedPlan(run, 'autoremove', ['keep']);
  if ('failure' in read) return { kind: 'failed', failure: read.failure };
  const { lines, packages } = read;
  const known = readable(() => ({ kept: keptPackages(answer(run, 'autoremove_kept')), sizes: sizesOf(run) }));
  if (known === null || packages.some(({ operation }) => operation !== 'remove'))
    return { kind: 'failed', failure: unreadable() };
  const { kept, sizes } = known;
  if (packages.length === 0)
    return {
      kind: 'nothing',
      summary: kept.length === 0 ? say.autoremove_nothing() : say.autoremove_nothing_kept({ packages: names(kept) }),
    };
  const planned = packages.map((line) => removedPackage(line, sizes));
  const details: AptAutoremovePlan = {
    packages: planned,
    kept,
    disk_bytes: sumOf(planned.map(({ disk_bytes }) => disk_bytes)),
    running_kernel: /^kernel_release=(\S+)$/m.exec(answered(run, 'environment') ?? '')?.[1] ?? null,
  };
  const presence = presenceOf(run, ownHosts);
  return {
    kind: 'planned',
    plan: {
      lines,
      summary: say.autoremove_summary({ removed: packages.length, packages: names(packages) }),
      risk: 'medium',
      effects: { removed: packages.length, added: 0, origins: 'none' },
      consequences: consequencesOf(details, presence),
      checks: checksOf(run, details, presence),
      details,
    },
  };
}

function checksOf(run: CollectedRun, { kept, packages }: AptAutoremovePlan, presence: OwnPresence): PreflightCheck[] {
  return [
    dpkgCheck({ analysis: { dpkg: dpkgOf(run) } }),
    locksCheck({ locks: answered(run, 'plan_locks') }),
    updatersCheck({ analysis: { co_management: coManagersOf(run) } }),
    ...kernelCheck(kept),
    ...backupCheck({ backups: answered(run, 'plan_backups') }),
    sudoCheck({ sudo: answered(run, 'plan_sudo'), removed: packages.map(({ name }) => name) }),
    ...presenceChecks(presence),
  ];
}

/** A machine that has no kernel of its own is not judged by kernels. */
function kernelCheck(kept: readonly KeptPackage[]): PreflightCheck[] {
  if (kept.length === 0) return [];
  const doubted = kept.filter(({ reason }) => reason === 'boot_not_verified');
  if (doubted.length > 0) {
    const sentence = say.check_boot_not_verified({ packages: names(doubted) });
    return [check('kernels', 'warning', sentence, say.check_boot_not_verified_action())];
  }
  const waiting = kept.filter(({ reason }) => reason === 'kernel_not_booted');
  return waiting.length === 0
    ? [check('kernels', 'ok', say.check_kernel_booted())]
    : [
        check(
          'kernels',
          'warning',
          say.check_kernel_not_booted({ packages: names(waiting) }),
          say.check_kernel_not_booted_action(),
        ),
      ];
}

function consequencesOf({ packages }: AptAutoremovePlan, presence: OwnPresence): PlanConsequence[] {
  return [
    { code: 'removals', sentence: say.consequence_removals({ packages: names(packages) }) },
    ...presenceConsequences(presence),
  ];
}

interface Size {
  readonly arch: string;
  readonly bytes: number | null;
  readonly source: string | null;
}

/** By name and version. @throws ParseError on an unknown row */
function sizesOf(run: CollectedRun): ReadonlyMap<string, Size> {
  return new Map(
    linesOf(answer(run, 'autoremove_sizes')).map((row) => {
      const [name = '', arch = '', version = '', kib = '', source = ''] = row.split('\t');
      if (name === '' || version === '' || !/^\d*$/.test(kib))
        throw new ParseError('autoremove_sizes', 'unknown row', row);
      const bytes = kib === '' ? null : Number(kib) * 1024;
      return [`${name} ${version}`, { arch, bytes, source: source === '' ? null : source }];
    }),
  );
}

function removedPackage(line: PackageLine, sizes: ReadonlyMap<string, Size>): UpgradePackage {
  const size = sizes.get(`${line.name} ${line.from ?? ''}`);
  const bytes = size?.bytes ?? null;
  return {
    ...barePackage(line),
    arch: line.arch ?? size?.arch ?? null,
    source: size?.source ?? null,
    disk_bytes: bytes === null ? null : -bytes,
  };
}

/** Rows of `autoremove_kept`. @throws ParseError on an unknown row */
function keptPackages(text: string): KeptPackage[] {
  return linesOf(text).map((line) => {
    const [name = '', version = '', reason = ''] = line.split('\t');
    if (name === '' || version === '' || !isReason(reason))
      throw new ParseError('autoremove_kept', 'unknown row', line);
    return { name, version, reason };
  });
}

function isReason(word: string): word is KeptReason {
  return (KEPT_REASONS as readonly string[]).includes(word);
}

function names(packages: readonly { readonly name: string }[]): string {
  return packages.map(({ name }) => name).join(', ');
}

function unreadable(): RunFailure {
  return { kind: 'answer_unreadable', message: say.plan_unreadable(), action: remediationOf('answer_unreadable') };
}
