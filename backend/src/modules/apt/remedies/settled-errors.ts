import type { MachineError, SettledErrors } from '../../machines/machine-errors';
import { changesSomething, isMeasured } from '../apt-verdict';
import { APT_ERROR_KINDS } from '../contracts/apt-error-kinds';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { kernelTelling, OLD_KERNEL } from './machine-verdicts';
import { hasTriedAgain, leftAbout, type Meeting } from './attempts';
import { triedAgain, type LaterAttempt } from './tried';
import { isUnwound, verificationOf } from './verification';

/** What fetches the archives of an upgrade or installs them: a good upgrade has tried both again. */
export const UPGRADES = ['apt_upgrade', 'apt_download'] as const;

/** Changes whose errors concern what dpkg and apt have on the machine, and the fetching of archives for them. */
const APT_CHANGES = [...UPGRADES, 'apt_repair', 'apt_autoremove', 'apt_hold', 'apt_unhold'] as const;

/** Only a run meets these again: that dpkg is whole does not say that they are gone. */
const MET_BY_RUNS_ALONE: readonly string[] = APT_ERROR_KINDS.filter(
  (kind) => verificationOf(kind, 'run').action !== 'apt_update_analyze',
);

/**
 * Whether a good upgrade shows an error of the last one to be over: unless only a run meets that again, and this one has not tried
 * it. Pure.
 */
export function settledByUpgrade(error: MachineError, meeting: Meeting, later: LaterAttempt): boolean {
  if (!MET_BY_RUNS_ALONE.includes(error.kind) && !wasUnwound(error, meeting)) return true;
  return settledByTrying(error, meeting, later);
}

/** Whether a good one that did a part of it, or more, has tried again what the error is of. Pure. */
export function settledByTrying({ kind, subject }: MachineError, meeting: Meeting, later: LaterAttempt): boolean {
  return subject === null ? hasTriedAgain(kind, meeting, later) : triedAgain(kind, meeting.attempt, [subject], later);
}

/** See {@link isUnwound}. */
export function wasUnwound({ kind, subject }: MachineError, meeting: Meeting): boolean {
  return isUnwound(kind, leftAbout(kind, subject, meeting));
}

/**
 * What is over where dpkg and apt find everything whole: that a change of packages was cut off or left something unfinished.
 * @param unwound errors after which dpkg had left nothing to finish
 */
export function settledByWhole(unwound: readonly MachineError[]): readonly SettledErrors[] {
  return APT_CHANGES.map((action) => {
    const spares = unwound.filter((error) => error.action === action);
    return { actions: [action], except: MET_BY_RUNS_ALONE, spares };
  });
}

/**
 * What of restarts of services a restart of the machine shows to be over: all runs anew; whether a service fails still, only that
 * nothing fails any more tells. Pure.
 * @param failed units that had failed in the new boot; null: not known
 */
export function settledByBoot(failed: readonly string[] | null): readonly SettledErrors[] {
  return [{ actions: ['service_restart'], except: failed?.length === 0 ? [] : ['service_failed'] }];
}

/**
 * Which last errors of the machine an analysis shows to be over. Where dpkg has nothing to repair: that a change of packages was
 * cut off or left something unfinished; and where nothing is left to upgrade either, every error of such a change. Where
 * nothing asks for a restart: every error of a restart; where no service runs replaced files: that one was not restarted. Pure.
 * @param unwound see {@link settledByWhole}
 */
export function settledByAnalysis(
  document: AptUpdateAnalyze,
  unwound: readonly MachineError[],
): readonly SettledErrors[] {
  if (document.status === 'error') return [];
  const settled: SettledErrors[] = [];
  if (isWhole(document)) {
    const done = isMeasured(document) && !changesSomething(document);
    settled.push(...(done ? [{ actions: APT_CHANGES }] : settledByWhole(unwound)));
  }
  const { reboot } = document;
  if (reboot.services?.length === 0) settled.push({ actions: ['service_restart'], only: ['service_not_restarted'] });
  if (reboot.state === 'not_needed') settled.push({ actions: ['reboot'] });
  // Another reason may ask for a restart, whichever kernel runs.
  else if (kernelTelling(reboot, new Date(0))?.verdict === 'gone')
    settled.push({ actions: ['reboot'], only: [OLD_KERNEL] });
  return settled;
}

/** dpkg was read, has nothing half done, and says so itself. */
function isWhole({ dpkg, counts }: AptUpdateAnalyze): boolean {
  const { interrupted, broken, audit } = dpkg;
  const clean = interrupted === false && broken?.length === 0 && (counts.broken ?? 0) === 0;
  return clean && (audit === null || audit.length === 0);
}
