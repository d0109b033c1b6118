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

/** True when the plans rest on lists that exist: without any list apt says "0 updates", which nobody measured. */
export function isMeasured(document: AptUpdateAnalyze): boolean {
  return document.counts.updates !== null && document.index.basis !== 'none';
}

function aptStatus(document: AptUpdateAnalyze, stale: boolean): NonNullable<MachineStatePatch['aptStatus']> {
  if (document.dpkg.interrupted === true || (document.counts.broken ?? 0) > 0) return 'error';
  if ((document.counts.security ?? 0) > 0) return 'security_updates';
  if ((document.counts.updates ?? 0) > 0) return 'updates';
  return stale ? 'stale' : 'up_to_date';
}

/**
 * What an analysis changes in `machine_state`. An analysis without plans keeps the counts of the last good one and
 * marks them stale; nothing here turns "not measured" into 0.
 */
export function statePatchOf(document: AptUpdateAnalyze, measuredAt: Date): MachineStatePatch {
  const staleReason = isMeasured(document) ? staleReasonOf(document) : say.plans_not_measured();
  const stale = staleReason !== null;
  const refreshedAt = document.index.last_success_at;
  const common: MachineStatePatch = {
    aptStale: stale,
    aptStaleReason: staleReason,
    ...(refreshedAt === null ? {} : { aptIndexRefreshedAt: new Date(refreshedAt) }),
    ...rebootPatch(document),
    ...errorPatch(document),
  };
  if (!isMeasured(document)) return { ...common, aptStatus: 'error' };
  const { plans, counts } = document;
  return {
    ...common,
    aptStatus: aptStatus(document, stale),
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

function errorPatch(document: AptUpdateAnalyze): MachineStatePatch {
  const worst = document.status === 'error' ? document.errors.find(({ severity }) => severity === 'error') : undefined;
  return { lastErrorKind: worst?.kind ?? null, lastErrorMessage: worst?.message ?? null };
}
