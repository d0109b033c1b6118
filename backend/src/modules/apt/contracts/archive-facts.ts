import { nullableList, object, text, textOrNull } from '../../../kernel/contracts/schemas';

/** A configuration file that dpkg would ask about: the administrator and the package both changed it. It is kept. */
export interface ConffileQuestion {
  readonly package: string;
  readonly path: string;
}

/** One entry of a package's NEWS.Debian that is newer than what is installed. */
export interface NewsEntry {
  readonly package: string;
  readonly version: string;
  /** As the packager signed it, RFC 5322; null without a signature. */
  readonly written_at: string | null;
  /** The packager's own words, never translated; at most 20,000 characters. */
  readonly text: string;
}

/** What archives tell once they are on the machine. Null: not known before. */
export interface ArchiveFacts {
  readonly conffile_questions: readonly ConffileQuestion[] | null;
  readonly news: readonly NewsEntry[] | null;
}

export const CONFFILE_QUESTIONS = nullableList(object({ package: text, path: text }));
export const PACKAGE_NEWS = nullableList(object({ package: text, version: text, written_at: textOrNull, text }));
