import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type { PlanConsequence, PlanOutcome, PreflightCheck } from '../../jobs/actions/change-action';
import type { CollectedRun } from '../../jobs/actions/job-action';
import { analyseApt } from '../analysis/analyse';
import { complaintOf } from '../analysis/errors';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { AptRepairPlan, UnfinishedPackage } from '../contracts/apt-repair.v4';
import { answered } from '../parsers/plan-answers';
import { classifyRunFailure } from '../parsers/update-failures';
import { check } from '../upgrade/check';
import { blocking, coManagersOf, presenceOf } from '../upgrade/look';
import { presenceChecks, presenceConsequences, type OwnPresence } from '../upgrade/own-machine';
import { backupCheck, locksCheck, sudoCheck, updatersCheck } from '../upgrade/preflight';
import { simulatedPlan } from '../upgrade/simulated-plan';
import { plannedRecords, sizedPackage } from '../upgrade/sized-package';
import { complaintsOf } from './complaints';
import { repairLook } from './repair-look';
import { effectsOf } from '../upgrade/plan-effects';

const OWN_WORDS = ['journal', 'configure', 'incomplete', 'auto'];

/** Turns the answer of the plan's script into a plan. Pure. */
export function repairPlan(run: CollectedRun, ownHosts: OwnHosts): PlanOutcome {
  const read = simulatedPlan(run, 'repair', OWN_WORDS);
  if ('failure' in read) return { kind: 'failed', failure: read.failure };
  const { lines, packages, own } = read;
  const whole = run.sections.get('repair_whole');
  const complaints = complaintsOf(whole);
  if (packages.length === 0 && own.length === 0) return nothingPlanned(whole?.exitCode === 0, complaints);
  const analysis = analyseApt(run.sections, { measuredAt: run.receivedAt });
  const records = plannedRecords(run, analysis.architecture);
  const details: AptRepairPlan = {
    journal: own.includes('journal finish'),
    unfinished: own.flatMap((line) => unfinishedPackage(line) ?? []),
    packages: packages.map((line) => sizedPackage(line, records)),
    complaints,
    no_remove: packages.every(({ operation }) => operation !== 'remove'),
    auto_marks: own.flatMap((line) => (line.startsWith('auto ') ? [line.slice('auto '.length)] : [])),
  };
  const presence = presenceOf(run, ownHosts);
  return {
    kind: 'planned',
    plan: {
      lines,
      summary: summaryOf(details),
      risk: details.no_remove ? 'medium' : 'high',
      effects: effectsOf(details.packages),
      consequences: consequencesOf(details, presence),
      checks: [
        ...foundChecks(details),
        // What another package manager is at work on looks just like what it would leave if it were cut off.
        blocking(locksCheck({ locks: answered(run, 'plan_locks') })),
        blocking(updatersCheck({ analysis: { co_management: coManagersOf(run) } })),
        ...repairLook(run, details.packages, analysis),
        ...backupCheck({ backups: answered(run, 'plan_backups') }),
        sudoCheck({ sudo: answered(run, 'plan_sudo'), removed: removed(details) }),
        ...presenceChecks(presence),
      ],
      details,
    },
  };
}

function nothingPlanned(whole: boolean, complaints: readonly string[]): PlanOutcome {
  if (whole) return { kind: 'nothing', summary: say.repair_needless() };
  const kind = classifyRunFailure(complaints.join('\n')) ?? 'unknown';
  const message = say.repair_impossible({ why: complaintOf(complaints) });
  return { kind: 'failed', failure: { kind, message, action: remediationOf(kind) } };
}

function summaryOf({ unfinished: begun, packages, auto_marks }: AptRepairPlan): Sentence {
  const unfinished = begun.length;
  const changes = packages.length;
  const removals = packages.filter(({ operation }) => operation === 'remove').length;
  const marks = auto_marks.length;
  return marks === 0
    ? say.repair_summary({ unfinished, changes, removals })
    : say.repair_summary_marks({ unfinished, changes, removals, marks });
}

function unfinishedPackage(line: string): UnfinishedPackage | null {
  const [verb, name = '', version = '-'] = line.split(' ');
  return verb === 'journal' || verb === 'auto' ? null : { line, name, version: version === '-' ? null : version };
}

/** What is wrong, where it is. */
function foundChecks({ journal, unfinished, complaints, auto_marks }: AptRepairPlan): PreflightCheck[] {
  const names = unfinished.map(({ name }) => name).join(', ');
  return [
    journal
      ? check('journal', 'warning', say.check_dpkg_interrupted())
      : check('journal', 'ok', say.repair_no_journal()),
    names === ''
      ? check('dpkg', 'ok', say.check_dpkg_whole())
      : check('dpkg', 'warning', say.check_dpkg_broken({ packages: names })),
    ...(auto_marks.length === 0
      ? []
      : [check('auto_marks', 'warning', say.repair_auto_marks({ packages: auto_marks.join(', ') }))]),
    ...complaints
      .filter((line) => line.startsWith('E: '))
      .slice(0, 1)
      .map((line) => check('dependencies', 'warning', say.repair_complaint({ why: complaintOf([line]) }))),
  ];
}

function consequencesOf(plan: AptRepairPlan, presence: OwnPresence): PlanConsequence[] {
  const names = removed(plan).join(', ');
  return [
    ...(names === '' ? [] : [{ code: 'removals', sentence: say.consequence_removals({ packages: names }) }]),
    ...presenceConsequences(presence),
  ];
}

function removed({ packages }: AptRepairPlan): string[] {
  return packages.filter(({ operation }) => operation === 'remove').map(({ name }) => name);
}
