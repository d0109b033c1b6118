import type { SettledErrors } from '../../machines/machine-state';
import { changesSomething, isMeasured } from '../apt-verdict';
import { APT_ERROR_KINDS } from '../contracts/apt-error-kinds';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { kernelTelling, OLD_KERNEL } from './machine-verdicts';
import { verificationOf } from './verification';

/** Changes whose errors concern what dpkg and apt have on the machine. */
const APT_CHANGES = ['apt_upgrade', 'apt_repair', 'apt_autoremove', 'apt_hold', 'apt_unhold'] as const;

/** Only a run meets these again: that dpkg is whole does not say that they are gone. */
const MET_BY_RUNS_ALONE: readonly string[] = APT_ERROR_KINDS.filter(
  (kind) => verificationOf(kind, 'run').action !== 'apt_update_analyze',
);

/** A repair after which dpkg and apt find everything whole. */
export const SETTLED_BY_REPAIR: readonly SettledErrors[] = [{ actions: APT_CHANGES }];

/**
 * Which last errors of the machine an analysis shows to be over. Where dpkg has nothing to repair: that a change of packages was
 * cut off or left something unfinished; and where nothing is left to upgrade either, every error of such a change. Where
 * nothing asks for a restart: every error of a restart. Pure.
 */
export function settledByAnalysis(document: AptUpdateAnalyze): readonly SettledErrors[] {
  if (document.status === 'error') return [];
  const settled: SettledErrors[] = [];
  if (isWhole(document)) {
    const done = isMeasured(document) && !changesSomething(document);
    settled.push({ actions: APT_CHANGES, ...(done ? {} : { except: MET_BY_RUNS_ALONE }) });
  }
  const { reboot } = document;
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
