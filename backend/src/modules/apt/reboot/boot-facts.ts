import type { CollectedRun } from '../../jobs/actions/job-action';
import type { BootFacts } from '../contracts/reboot-plan.v1';
import { optional, parseKeyValues, required } from '../parsers/key-values';
import { linesOf, readable, wholeNumber } from '../parsers/parse-error';

type Sections = CollectedRun['sections'];

export interface DatedBoot extends BootFacts {
  /** Seconds since 1970 by the machine's clock. */
  readonly now: number;
}

/**
 * Reads what `boot_facts` and `failed_units` (`scripts/reboot-facts.sh`, `scripts/apt-facts.sh`) printed.
 * @returns null when they are not there or not readable
 */
export function bootFacts(sections: Sections, facts: string, failed: string): DatedBoot | null {
  const text = answered(sections, facts);
  if (text === null) return null;
  return readable(() => {
    const values = parseKeyValues(facts, text);
    return {
      now: wholeNumber(required(facts, values, 'now'), facts, 'now'),
      boot: required(facts, values, 'boot'),
      kernel: required(facts, values, 'kernel'),
      uptime_seconds: wholeNumber(required(facts, values, 'uptime'), facts, 'uptime'),
      system: optional(values, 'system'),
      failed_units: unitsOf(sections, failed),
    };
  });
}

/** The same without the clock, as documents have it. */
export function storedBoot(dated: DatedBoot | null): BootFacts | null {
  if (dated === null) return null;
  const { boot, kernel, uptime_seconds, system, failed_units } = dated;
  return { boot, kernel, uptime_seconds, system, failed_units };
}

/** What a section printed, where it went well. */
export function answered(sections: Sections, name: string): string | null {
  const section = sections.get(name);
  return section?.exitCode === 0 && !section.truncated ? section.stdout : null;
}

function unitsOf(sections: Sections, name: string): string[] | null {
  const text = answered(sections, name);
  return text === null ? null : linesOf(text).filter((line) => line !== '');
}
