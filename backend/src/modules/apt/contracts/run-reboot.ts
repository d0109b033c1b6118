import { list, object, text, words, type Properties } from '../../../kernel/contracts/schemas';
import type { RebootReason, RebootState } from './apt-update-analyze.v1';

/** Whether a machine needs a restart after a run, and what each signal says. */
export interface RunReboot {
  readonly state: RebootState['state'];
  readonly reasons: readonly RebootReason[];
}

const SIGNALS = [
  'flag_file',
  'kernel',
  'kernel_rebuilt',
  'needrestart_kernel',
  'needrestart_microcode',
  'init_libraries',
] as const satisfies readonly RebootReason['signal'][];
const VERDICTS = [
  'needed',
  'not_needed',
  'cannot_tell',
  'not_applicable',
] as const satisfies readonly RebootReason['verdict'][];
const STATES = ['needed', 'not_needed', 'cannot_tell'] as const satisfies readonly RebootState['state'][];

/** What a result may hold besides: older ones know only whether a package asked for it. */
export const RUN_REBOOT: Properties = {
  reboot: object({
    state: words(STATES),
    reasons: list(object({ signal: words(SIGNALS), verdict: words(VERDICTS), detail: text })),
  }),
};
