import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../jobs.sentences';
import type { MachineRefusal } from '../machine-eligibility';
import { termsOf, UNBOUND_TERMS, type GateStanding, type StartTerms } from './start-gate';
import { unreadableFailure } from './unbegun-failures';

/** On which terms a new job may begin on a machine. */
export interface MachineTerms {
  readonly machineId: string;
  readonly terms: StartTerms;
  /** So long it will take, where somebody had to know. */
  readonly seconds: number | null;
  /** Why it may begin outside the windows of the machine; null: nobody said so, or there is none to set aside. */
  readonly windowOverride: string | null;
  /** Why it will never begin. */
  readonly refusal: MachineRefusal | null;
}

/** Bound by no window, or not any more since somebody says why. */
export function freeTerms(machineId: string, windowOverride: string | null = null): MachineTerms {
  return { machineId, terms: UNBOUND_TERMS, seconds: null, windowOverride, refusal: null };
}

/** Pure. @param action what people read for the change */
export function machineTerms({ machineId, standing, estimate }: GateStanding, action: Sentence): MachineTerms {
  const seconds = estimate?.seconds ?? null;
  const terms = termsOf(standing);
  if (terms !== null) return { machineId, terms, seconds, windowOverride: null, refusal: null };
  const refused = { machineId, terms: UNBOUND_TERMS, seconds, windowOverride: null };
  const unreadable = unreadableFailure(standing, action);
  if (unreadable !== null) {
    const { kind: code, ...why } = unreadable;
    return { ...refused, refusal: { machineId, code, ...why } };
  }
  const longest = standing.kind === 'never' ? standing.longestSeconds : 0;
  const message = say.window_too_short({ action, minutes: minutes(seconds ?? 0), longest: Math.floor(longest / 60) });
  const refusal = { machineId, code: 'window_too_short', message, action: say.window_too_short_action() } as const;
  return { ...refused, refusal };
}

function minutes(seconds: number): number {
  return Math.ceil(seconds / 60);
}
