import type { SecretMasker } from '../logging/secret-masker';

/** How a run becomes root. Root logins skip it whatever is said here. */
export type SudoMode =
  /** Run as the login user. */
  | { readonly kind: 'none' }
  /** sudo that asks for nothing; a prompt is a refusal. */
  | { readonly kind: 'nopasswd' }
  /** sudo with this password, sent once and only to sudo's own prompt. */
  | { readonly kind: 'password'; readonly password: string };

/** Time limits of a run, in milliseconds. */
export interface RunTimeouts {
  /** From opening the channel until the script may be sent: login shell, PAM, sudo. */
  readonly firstByteMs: number;
  /** Longest silence while the script runs. */
  readonly progressMs: number;
  /** The whole run. The machine enforces it too, a few seconds later, for the case that nobody can tell it. */
  readonly totalMs: number;
}

/**
 * Limits of output, in bytes. What is over a limit is dropped and a marker stands in its place. Of a section that is cut
 * the beginning stays.
 */
export interface OutputLimits {
  /** Per line. */
  readonly lineBytes: number;
  /** Per section and stream. */
  readonly sectionBytes: number;
  /** The same for sections that may be longer or shorter, by name; a name may end in `*`. */
  readonly sections: Readonly<Record<string, number>>;
  /** Kept of the whole run. */
  readonly runBytes: number;
  /** Received in the whole run, kept or not: past it the run is stopped as `output_limit`. */
  readonly floodBytes: number;
  /** Past `sectionBytes` or `runBytes`: drop the rest (default), or stop the run as `output_limit`. */
  readonly overflow: 'drop' | 'fail';
}

export type StreamName = 'stdout' | 'stderr';

/** A piece of live output: one or more whole lines of one stream of one section. */
export interface OutputChunk {
  readonly section: string;
  readonly stream: StreamName;
  readonly text: string;
}

/** A section began or ended. */
export interface SectionEvent {
  readonly name: string;
  readonly phase: 'begin' | 'end';
  /** At the end only. */
  readonly exitCode?: number;
  readonly durationMs?: number;
}

export interface RunScriptOptions {
  /** POSIX sh. Calls `section NAME command [argument…]`; see the README of this folder. */
  readonly script: string;
  /** Set as shell variables before the script begins; values are data. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly sudo: SudoMode;
  readonly timeouts?: Partial<RunTimeouts>;
  readonly limits?: Partial<OutputLimits>;
  /** 0 to 19; 10 by default. */
  readonly niceness?: number;
  /**
   * Applied to live text and the text of its sections, to stderr and to the machine's words in errors. To what a section prints for nobody
   * but us only as far as its values are distinctive.
   */
  readonly masker?: SecretMasker;
  /** False where sections hold an encoding that masking would break: the caller masks what it decodes. */
  readonly maskSections?: boolean;
  /**
   * Live output. While a returned promise is pending the machine is made to wait; if it rejects, the run is stopped and
   * `runScript` rejects with the same error.
   */
  readonly onOutput?: (chunk: OutputChunk) => void | Promise<void>;
  /** Asked at the beginning of each section: of what it answers false to, no live text is made. Absent: all is wanted. */
  readonly wantsOutput?: (section: string, stream: StreamName) => boolean;
  readonly onSection?: (event: SectionEvent) => void;
  /** Stops the run; nothing of it stays alive on the machine. */
  readonly signal?: AbortSignal;
}

export interface SectionResult {
  readonly name: string;
  /** Null only in a partial result: the section did not end. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** Decoded as UTF-8; what is not becomes U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** Something of it was dropped; a marker stands where. */
  readonly truncated: boolean;
  readonly droppedBytes: number;
}

export interface RunResult {
  /** Of the script itself. */
  readonly exitCode: number;
  readonly durationMs: number;
  /** In the order in which they began. */
  readonly sections: readonly SectionResult[];
  /** Some section is truncated. */
  readonly truncated: boolean;
  readonly receivedBytes: number;
  /** The end of what was printed outside sections: syntax errors, `set -x`, left-over debugging. */
  readonly stray: Readonly<Record<StreamName, string>>;
  /** The last section of that name. */
  section(name: string): SectionResult | undefined;
}

export const defaultRunTimeouts: RunTimeouts = { firstByteMs: 30_000, progressMs: 120_000, totalMs: 600_000 };

const mebibyte = 1024 * 1024;

/** Small enough that fifty flooding machines at once fit into a modest worker. */
export const defaultOutputLimits: OutputLimits = {
  lineBytes: 64 * 1024,
  sectionBytes: 2 * mebibyte,
  sections: {},
  runBytes: 4 * mebibyte,
  floodBytes: 512 * mebibyte,
  overflow: 'drop',
};
