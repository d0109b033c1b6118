import { stripVTControlCharacters } from 'node:util';
import type { LoggedMessage, LogWatcher } from '../../history/log-watcher';
import { noticeKind } from '../analysis/messages';
import { maskUserInfo } from '../parsers/update-failures';

const TEXT_MAX = 500;
/** Of one run: a script that warns without end is not worth more. */
const MESSAGES_MAX = 200;
const CONTINUED_LINES = 3;

type Kind = Pick<LoggedMessage, 'category' | 'severity'>;

/** What a maintainer script says to people, by how it says it; the first that fits counts. */
const SCRIPT_WORDS: readonly (readonly [RegExp, Kind])[] = [
  [/\bdeprecated\b|\b(?:is|are) obsolete\b/i, { category: 'deprecation', severity: 'warning' }],
  [
    /\b(?:will|to) be (?:removed|dropped)\b|\bno longer (?:be )?supported\b|\bend of (?:life|support)\b/i,
    { category: 'future_major_change', severity: 'warning' },
  ],
  [/^\W*(?:warning|attention|caution)\b/i, { category: 'warning', severity: 'warning' }],
  [
    /^\W*(?:note|notice|important|please)\b|\byou (?:must|need to|should|have to)\b|\bmanual(?:ly)? (?:action|intervention|upgrade)/i,
    { category: 'warning', severity: 'info' },
  ],
];

/** Lines in which dpkg says whose turn it is: until the next one, what is printed is that package's. */
const TURN =
  /^(?:(?:Setting up|Removing|Purging configuration files for|Unpacking|Processing triggers for) ([a-z0-9][a-z0-9+.-]+)(?::[a-z0-9-]+)? \(|Preparing to unpack (?:\S*\/)?([a-z0-9][a-z0-9+.-]+)_)/;
/** What dpkg could not do with a package, and what apt gives up for. */
const ERROR = /^(?:dpkg: error processing (?:package|archive) (?:\S*\/)?([a-z0-9][a-z0-9+.-]+)|dpkg: error: |E: )/;
/** From here on no package has its turn. */
const NOBODY = /^(?:\(Reading database|Errors were encountered)/;

/**
 * Takes warnings of apt and dpkg, and what maintainer scripts say to people, out of the log of a run of apt. What stops
 * the run is an error of its own and none of these.
 */
export class AptLogMessages implements LogWatcher {
  readonly source = 'apt';
  private readonly found: LoggedMessage[] = [];
  private readonly errors = new Map<string, number>();
  private package: string | null = null;
  private open: { message: LoggedMessage; more: number } | null = null;

  line(raw: string, number: number): void {
    const text = stripVTControlCharacters(raw).trimEnd();
    const error = ERROR.exec(text);
    if (error !== null && !this.errors.has(error[1] ?? '')) this.errors.set(error[1] ?? '', number);
    if (this.continues(text)) return;
    this.open = null;
    const [turn, name, unpacked] = TURN.exec(text) ?? [];
    if (turn !== undefined || NOBODY.test(text)) {
      this.package = name ?? unpacked ?? null;
      return;
    }
    const message = this.messageOf(text, number);
    if (message === null || this.found.length >= MESSAGES_MAX) return;
    this.found.push(message);
    this.open = { message, more: CONTINUED_LINES };
  }

  messages(): readonly LoggedMessage[] {
    return this.found;
  }

  errorLines(): ReadonlyMap<string, number> {
    return this.errors;
  }

  /** dpkg goes on with a message on lines that begin with a space. */
  private continues(text: string): boolean {
    if (this.open === null || this.open.more === 0 || !/^ \S/.test(text)) return false;
    const { message, more } = this.open;
    const longer = { ...message, message: `${message.message}${text}`.slice(0, TEXT_MAX) };
    this.found[this.found.length - 1] = longer;
    this.open = { message: longer, more: more - 1 };
    return true;
  }

  private messageOf(text: string, line: number): LoggedMessage | null {
    const apt = /^W: (.+)$/.exec(text)?.[1];
    if (apt !== undefined) return message(noticeKind(apt) ?? APT_WARNING, apt, this.package, line);
    const dpkg = /^dpkg(?:-[a-z]+)?: warning: (.+)$/.exec(text)?.[1];
    if (dpkg !== undefined) {
      const name = /package '([a-z0-9][a-z0-9+.-]+)'/.exec(dpkg)?.[1] ?? this.package;
      return message(DPKG_WARNING, dpkg, name, line);
    }
    if (this.package === null || text === '' || /^(?:[EN]: |dpkg\b)/.test(text)) return null;
    const kind = SCRIPT_WORDS.find(([pattern]) => pattern.test(text))?.[1];
    return kind === undefined ? null : message(kind, text.trim(), this.package, line);
  }
}

const APT_WARNING: Kind = { category: 'warning', severity: 'warning' };
const DPKG_WARNING: Kind = { category: 'warning', severity: 'warning' };

/** It has no code among its facts: equal words of a package are the same message. */
function message(kind: Kind, text: string, packageName: string | null, line: number): LoggedMessage {
  return {
    category: kind.category,
    severity: kind.severity,
    packageName,
    component: null,
    message: maskUserInfo(text).slice(0, TEXT_MAX),
    line,
  };
}
