import { ParseError, shown } from '../parsers/parse-error';
import { missing, type Measured } from './measured';
import { say } from '../inventory.sentences';

/** One framed section of the answer. `exitCode` is null when the answer broke off before it was known. */
export interface ProbeSection {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  /** the output was cut at a limit */
  readonly truncated?: boolean;
}

/** By section name. */
export type ProbeSections = ReadonlyMap<string, ProbeSection>;

/** Every section that `machine-probe.sh` writes; one that is not there means that the answer is not whole. */
export const PROBE_SECTIONS = [
  'os_release',
  'debian_version',
  'dpkg_arch',
  'uname',
  'clock',
  'virt_detect',
  'virt_evidence',
  'kind_evidence',
  'pve_version',
  'dmi',
  'cpu',
  'cpu_count',
  'meminfo',
  'loadavg',
  'uptime',
  'boot_id',
  'df_bytes',
  'df_inodes',
  'mounts',
  'fstab',
  'block',
  'net',
  'ip_addresses',
  'pci',
  'pci_models',
  'display',
  'temperatures',
  'raspberry_power',
  'raspberry_eeprom',
  'systemd_state',
  'systemd_failed',
] as const;
type SectionName = (typeof PROBE_SECTIONS)[number];

/** Without these the machine's identity or its metrics are unknown: the answer counts as partial. */
export const ESSENTIAL_SECTIONS: ReadonlySet<SectionName> = new Set<SectionName>([
  'os_release',
  'dpkg_arch',
  'uname',
  'meminfo',
  'loadavg',
  'df_bytes',
  'mounts',
]);

/** Everything below the blank but tab and newline. Neither a terminal's escapes nor NUL, which jsonb refuses, may be stored. */
const CONTROL_CHARACTERS = /[^\P{Cc}\t\n]/u;

// The script's own meanings, and what coreutils' `timeout` answers.
const EXIT_NOTHING_THERE = 66;
const EXIT_TIMED_OUT = 124;
const EXIT_KILLED = 137;
const EXIT_NOT_INSTALLED = 127;

/** A section whose answer a parser refused. */
interface Refusal {
  readonly section: SectionName;
  readonly detail: string;
}

/** Reads sections through their parsers and remembers what could not be read. */
export class SectionReader {
  private readonly refused = new Map<SectionName, Refusal>();
  private readonly unread = new Set<SectionName>();

  constructor(private readonly sections: ProbeSections) {}

  /**
   * The parsed answer, or why there is none.
   * @param accepted exit codes that come with a usable answer, when they are others than 0
   */
  read<T>(name: SectionName, parse: (text: string) => T, accepted: readonly number[] = [0]): Measured<T> {
    const measured = this.attempt(name, parse, accepted);
    if ('code' in measured) this.unread.add(name);
    return measured;
  }

  exitCode(name: SectionName): number | null {
    return this.sections.get(name)?.exitCode ?? null;
  }

  /** What the commands of a section complained about, made safe to show. */
  complaint(name: SectionName): string {
    return shown(this.sections.get(name)?.stderr ?? '', 200);
  }

  refusals(): Refusal[] {
    return [...this.refused.values()];
  }

  /** Names that make the answer partial: not there, cut off, or essential and not readable. */
  lacking(): SectionName[] {
    return PROBE_SECTIONS.filter((name) => {
      const section = this.sections.get(name);
      if (section === undefined || section.exitCode === null || section.truncated === true) return true;
      return ESSENTIAL_SECTIONS.has(name) && this.unread.has(name);
    });
  }

  private attempt<T>(name: SectionName, parse: (text: string) => T, accepted: readonly number[]): Measured<T> {
    const section = this.sections.get(name);
    if (section === undefined) return missing('not_collected', say.broke_off_before({ section: name }));
    if (section.exitCode === null) return missing('not_collected', say.broke_off_in({ section: name }));
    if (section.truncated === true) return missing('not_collected', say.cut_at_limit({ section: name }));
    if (!accepted.includes(section.exitCode)) return this.failure(name, section.exitCode);
    try {
      if (CONTROL_CHARACTERS.test(section.stdout)) throw new ParseError(name, 'the text holds control characters');
      return { value: parse(section.stdout) };
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.refused.set(name, { section: name, detail: error.message });
      return missing('unreadable_answer', say.not_understood({ reason: error.message }));
    }
  }

  private failure(name: SectionName, exitCode: number): Measured<never> {
    const complaint = this.complaint(name);
    if (exitCode === EXIT_NOT_INSTALLED)
      return missing(
        'tool_missing',
        complaint ? say.tool_complained({ complaint }) : say.tool_not_installed({ section: name }),
      );
    if (exitCode === EXIT_NOTHING_THERE)
      return missing('not_present', say.not_on_this_machine({ complaint: complaint || name }));
    if (exitCode === EXIT_TIMED_OUT || exitCode === EXIT_KILLED) {
      return missing('timed_out', say.timed_out({ section: name }));
    }
    return missing(
      'command_failed',
      complaint
        ? say.command_failed_saying({ section: name, code: exitCode, complaint })
        : say.command_failed({ section: name, code: exitCode }),
    );
  }
}
