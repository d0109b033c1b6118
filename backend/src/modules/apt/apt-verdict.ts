import type { MachineStatePatch } from '../machines/machine-state';
import type { AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './apt.sentences';

/** Why the counts of this analysis are not those of now, as a sentence; null when they are. */
export function staleReasonOf(document: AptUpdateAnalyze): Sentence | null {
  const failed = document.repositories?.filter(({ result }) => result === 'failed').length ?? 0;
  if (document.counts.updates === null) return say.plans_not_measured();
  if (document.index.basis === 'incomplete') return say.index_incomplete();
  if (document.refresh.refreshed) return null;
  if (document.refresh.outcome === 'skipped') return say.refresh_skipped();
  if (document.refresh.outcome === 'lock_busy') return say.refresh_lock_busy();
  if (document.refresh.outcome === 'timed_out') return say.refresh_out_of_time();
  return failed > 0 ? say.repositories_silent({ count: failed }) : say.refresh_failed();
}

/**
 * True when the counts may be told: every repository has a list that was once confirmed with its server, and this run did
 * not fail to look. Otherwise apt's "0 updates" is about lists that are missing, or of an age that nobody knows.
 */
export function isMeasured(document: AptUpdateAnalyze): boolean {
  const { basis, last_success_at: confirmedAt } = document.index;
  const looked = document.status !== 'error' || document.refresh.refreshed;
  return document.counts.updates !== null && (basis === 'fresh' || basis === 'stale') && confirmedAt !== null && looked;
}

function aptStatus(document: AptUpdateAnalyze, stale: boolean): NonNullable<MachineStatePatch['aptStatus']> {
  if (document.dpkg.interrupted === true || (document.counts.broken ?? 0) > 0) return 'error';
  if ((document.counts.security ?? 0) > 0 || leavesSecurity(document)) return 'security_updates';
  if (changesSomething(document)) return 'updates';
  return stale ? 'stale' : 'up_to_date';
}

/** A security update that even the widest plan leaves: held, pinned, not installable. No plan counts it. */
function leavesSecurity({ left_back }: AptUpdateAnalyze): boolean {
  return left_back?.some(({ security, left_by }) => security === true && left_by.includes('dist_upgrade')) ?? false;
}

/** True when a plan would do anything at all; a downgrade, say, is no update. */
export function changesSomething({ plans }: AptUpdateAnalyze): boolean {
  return Object.values(plans).some((plan) => (changesOf(plan) ?? 0) > 0);
}

/**
 * What an analysis changes in `machine_state`. One that measured nothing keeps the counts of the last good one and marks
 * them stale; nothing here turns "not measured" into 0. Its error is the job's to write.
 */
export function statePatchOf(document: AptUpdateAnalyze, measuredAt: Date): MachineStatePatch {
  const staleReason = staleReasonOf(document) ?? (isMeasured(document) ? null : say.plans_not_measured());
  const common: MachineStatePatch = { aptStale: staleReason !== null, aptStaleReason: staleReason };
  if (!isMeasured(document)) {
    // What could not be read says nothing against what was known.
    const reboot = document.reboot.state === 'cannot_tell' ? {} : rebootPatch(document);
    return { ...common, ...reboot, ...partialPatch(document) };
  }
  const { plans, counts, index } = document;
  return {
    ...common,
    ...rebootPatch(document),
    ...(index.last_success_at === null ? {} : { aptIndexRefreshedAt: new Date(index.last_success_at) }),
    aptStatus: aptStatus(document, staleReason !== null),
    aptUpdatesCount: counts.updates,
    aptSecurityUpdatesCount: counts.security,
    // Of the same plan as the updates, so that the two numbers add up to what is newer.
    aptKeptBackCount: plans.dist_upgrade?.left_back ?? null,
    aptUpgradeCount: changesOf(plans.upgrade),
    aptUpgradeWithNewCount: changesOf(plans.upgrade_with_new),
    aptDistUpgradeCount: changesOf(plans.dist_upgrade),
    aptLastAnalyzeAt: measuredAt,
  };
}

/**
 * Where the list of a repository is missing, a security update that the others offer is known all the same: it is told, as
 * what there is at least, and raises the need. That there is nothing else is not known, so no 0 comes from here.
 */
function partialPatch(document: AptUpdateAnalyze): MachineStatePatch {
  const found = aptStatus(document, true);
  if (document.status === 'error') return { aptStatus: 'error' };
  if (document.index.basis !== 'incomplete' || found !== 'security_updates') return { aptStatus: 'unknown' };
  const { updates, security } = document.counts;
  return {
    aptStatus: found,
    // Together: a count of before would be of other updates than these.
    ...(updates ? { aptUpdatesCount: updates, aptSecurityUpdatesCount: security === 0 ? null : security } : {}),
  };
}

function changesOf(plan: AptUpdateAnalyze['plans']['upgrade']): number | null {
  return plan === null ? null : plan.upgraded + plan.installed + plan.removed + plan.downgraded;
}

function rebootPatch(document: AptUpdateAnalyze): MachineStatePatch {
  const { state, reasons } = document.reboot;
  const telling = reasons.filter(({ verdict }) => verdict === state);
  return {
    aptRebootRequired: state === 'cannot_tell' ? null : state === 'needed',
    aptRebootReason: telling.length === 0 ? null : telling.map(({ detail }) => detail).join('\n'),
  };
}
