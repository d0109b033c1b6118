import { maskDistinctiveSecrets } from '../../../kernel/contracts/secret-values';
import type { SecretMasker } from '../../../kernel/logging/secret-masker';
import type { CollectedDetached } from '../../../kernel/ssh/detached/detached-types';
import type { RunResult, SectionResult } from '../../../kernel/ssh/run-types';
import type { FinishedChange } from '../actions/change-action';
import type { CollectedSection } from '../actions/job-action';

/** Of a log that is longer the machine gives the end, as collect.sh says. */
const LOG_END_BYTES = 256 * 1024;

/** Whether a run failed of which the machine gave only the end of its log: what went wrong may stand far above. */
export function endOnly({ state: { result, logBytes } }: CollectedDetached): boolean {
  return result?.ending === 'ended' && result.exitCode !== 0 && logBytes > LOG_END_BYTES;
}

/**
 * What there is to tell how a run ended: what it left, and what was read after its end. Of one name the last counts.
 * @param log what it printed, as far as it tells how the run ended
 */
export function finishedChange(
  collected: CollectedDetached,
  log: string,
  more: readonly (RunResult | null)[],
): FinishedChange {
  const { state, facts, drift } = collected;
  const { result, startedAt, rebooted } = state;
  const read = more.flatMap((run) => run?.sections ?? []);
  return {
    ending: result?.ending ?? 'interrupted',
    exitCode: result?.ending === 'ended' ? result.exitCode : null,
    startedAt,
    finishedAt: result?.finishedAt ?? null,
    rebooted,
    forced: state.forced,
    sections: sectionsOf([...facts.values(), ...read]),
    log: maskDistinctiveSecrets(log),
    drift: maskDistinctiveSecrets(drift),
  };
}

/** The run with what its log is masked by: names that stand in it masked are found again among those that its sections hold as they are. */
export function maskedBy(masker: SecretMasker, run: FinishedChange): FinishedChange {
  return { ...run, masked: (text) => masker.mask(text) };
}

/** Of a run whose machine did not come back to tell. */
export const unseenChange: FinishedChange = {
  ending: 'interrupted',
  exitCode: null,
  startedAt: null,
  finishedAt: null,
  rebooted: false,
  sections: new Map(),
  log: '',
  drift: null,
};

/** Of a run whose folder was removed while it worked: what can be read of the machine afterwards. */
export function unrecordedChange(log: string, look: RunResult | null): FinishedChange {
  return { ...unseenChange, recordLost: true, sections: sectionsOf(look?.sections ?? []), log };
}

/**
 * Those that ended. Of the machine's own secrets the distinctive ones are masked already. It may also repeat what is held elsewhere at this moment, the password
 * of another machine or of the database: masked before anything is made of it, no row takes it and no document is refused for it.
 */
export function sectionsOf(results: readonly SectionResult[]): ReadonlyMap<string, CollectedSection> {
  const sections = new Map<string, CollectedSection>();
  for (const { name, stdout, stderr, exitCode, truncated } of results) {
    if (exitCode !== null) sections.set(name, maskDistinctiveSecrets({ stdout, stderr, exitCode, truncated }));
  }
  return sections;
}
