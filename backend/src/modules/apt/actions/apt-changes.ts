import path from 'node:path';
import { quoted } from '../../../kernel/sentences/sentences';
import type { ChangeOutcome, FinishedChange } from '../../jobs/actions/change-action';
import type { ActionScript } from '../../jobs/actions/job-action';
import { subjectOf, type RunLeft } from '../remedies/run-left';
import { inventory } from '../upgrade/run-facts';

const folder = path.join(__dirname, '..', 'scripts');

/** Files of shell of this room, sent as one script. */
export function scriptFiles(...names: readonly string[]): string[] {
  return names.map((name) => path.join(folder, name));
}

/** What a run keeps as its proof. */
export const FACTS_SCRIPTS = [
  'apt-update-analyze/40-machine.sh',
  'apt-update-analyze/50-history.sh',
  'apt-facts.sh',
] as const;

/** After every change the machine is looked at again, with the lists that it has. */
export const FOLLOW_UPS = [{ action: 'apt_update_analyze', parameters: { refresh: false } }];

/** What the declarations of changes by apt have in common: a confirmed plan waits an hour at most. */
export const APT_CHANGE = {
  kind: 'change',
  permission: 'changes.confirm',
  lockKind: 'apt',
  validForSeconds: 3600,
  followUps: FOLLOW_UPS,
} as const;

/** How long a change that really installs or removes may take, and the look before it. */
export const PACKAGES_CHANGE = {
  ...APT_CHANGE,
  risk: 'medium',
  timeoutSeconds: 2 * 3600,
  estimateSeconds: 60,
} as const;
export const PACKAGES_PLAN = { timeoutSeconds: 300, estimateSeconds: 8 } as const;
export const PACKAGES_PLAN_TIMEOUTS = { progressMs: 120_000, totalMs: 270_000 } as const;

type Verdict = Pick<ChangeOutcome, 'status' | 'summary' | 'error'>;
type Proof = Pick<
  ChangeOutcome,
  'result' | 'important' | 'failedSteps' | 'furtherErrors' | 'store' | 'settlesByStore' | 'untouched'
>;

/** The end of a change of packages or services. */
export function changeOutcome(verdict: Verdict, proof: Proof): ChangeOutcome {
  return { failedSteps: [], ...verdict, ...metErrors(verdict, proof.result), ...proof, followUps: FOLLOW_UPS };
}

/** A run of apt is told by the worst of its errors; each of the others, about whatever it is, is settled by itself. */
function metErrors({ error }: Verdict, { errors = [] }: RunLeft): Pick<ChangeOutcome, 'error' | 'furtherErrors'> {
  if (error === undefined) return { furtherErrors: [] };
  const told = errors.find(({ kind }) => kind === error.kind);
  const others = errors.filter((one) => one !== told);
  return {
    error: told === undefined ? error : { ...error, subject: subjectOf(told) },
    furtherErrors: others.map((one) => ({ kind: one.kind, message: quoted(one.message), subject: subjectOf(one) })),
  };
}

/**
 * Of a run that was cut off before it could look at the machine once more, or had no room to keep what it saw: that look,
 * taken late. What it kept from before is there still. Null: it looked itself, or changed nothing.
 */
export function lateFacts(runId: string, left: FinishedChange, repair = false): ActionScript | null {
  const { ending } = left;
  if (ending === 'drifted' || ending === 'stopped') return null;
  if (ending === 'ended' && inventory(left, 'after') !== null) return null;
  const lines = repair ? ['apt-repair-lines.sh'] : [];
  return {
    file: scriptFiles(...FACTS_SCRIPTS, 'apt-auto-marks.sh', ...lines, 'apt-facts-late.sh'),
    parameters: { RUN_ID: runId, REPAIR: repair ? '1' : '0' },
    timeouts: { progressMs: 120_000, totalMs: 270_000 },
    limits: { sectionBytes: 3 * 1024 * 1024, runBytes: 8 * 1024 * 1024 },
  };
}
