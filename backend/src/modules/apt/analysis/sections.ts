import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { ParseError } from '../parsers/parse-error';
import { classifyRunFailure } from '../parsers/update-failures';
import { aptError, complaintOf, importantLines } from './errors';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';

/** One framed section of the script's answer. `exitCode` null: the connection ended inside it. */
export interface AptSection {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  readonly truncated?: boolean;
}

/** The sections of `scripts/apt-update-analyze/` by name. */
export type AptSections = ReadonlyMap<string, AptSection>;

/** Reads sections one by one; what is missing, failed or unreadable gives null and a row of `errors`, never a guess. */
export class SectionReader {
  readonly errors: AptError[] = [];
  /** False as soon as one section could not be used. */
  complete = true;

  constructor(private readonly sections: AptSections) {}

  /** The section as it came, for those whose exit code means something of its own. */
  raw(name: string): AptSection | null {
    const section = this.sections.get(name);
    if (section !== undefined && section.exitCode !== null && section.truncated !== true) return section;
    this.fail(
      name,
      'answer_incomplete',
      section === undefined ? say.section_missing({ section: name }) : say.section_cut({ section: name }),
      section,
    );
    return null;
  }

  /** Parses a section's stdout. `exits` are the exit codes after which the output still counts. */
  read<T>(name: string, parse: (stdout: string) => T, exits: readonly number[] = [0]): T | null {
    const section = this.raw(name);
    if (section === null) return null;
    if (section.exitCode === null || !exits.includes(section.exitCode)) {
      const kind = classifyRunFailure(section.stderr);
      this.fail(
        name,
        kind ?? 'answer_incomplete',
        say.section_failed({ section: name, code: String(section.exitCode) }),
        section,
      );
      return null;
    }
    return this.attempt(name, section, parse);
  }

  /** Parses what was already fetched with `raw`. */
  attempt<T>(name: string, section: AptSection, parse: (stdout: string) => T): T | null {
    try {
      return parse(section.stdout);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      this.complete = false;
      this.errors.push(
        aptError(
          'answer_unreadable',
          'error',
          say.section_unreadable({ section: name, reason: error.reason }),
          error.line === null ? [] : [error.line],
          name,
        ),
      );
      return null;
    }
  }

  /** Adds errors; the same kind about the same subject is one error, whichever section told it first. */
  report(errors: readonly AptError[]): void {
    for (const error of errors) {
      const known = this.errors.some(({ kind, subject }) => kind === error.kind && subject === error.subject);
      if (!known) this.errors.push(error);
    }
  }

  private fail(name: string, kind: AptErrorKind, message: Sentence, section: AptSection | undefined): void {
    this.complete = false;
    const lines = section === undefined ? [] : importantLines(section.stderr);
    // A failure of apt itself (broken sources, unmet dependencies) speaks for itself, and fails several sections alike.
    const own = kind === 'answer_incomplete';
    this.report([aptError(kind, 'error', own ? message : complaintOf(lines), lines, own ? name : null)]);
  }
}
