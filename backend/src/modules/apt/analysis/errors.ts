import { type AptErrorKind, remediationOf } from '../contracts/apt-error-kinds';
import type { AptError } from '../contracts/apt-update-analyze.v1';
import { linesOf } from '../parsers/parse-error';
import { maskUserInfo } from '../parsers/update-failures';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';

const MAX_LINES = 10;
const MAX_LENGTH = 500;

/** At most ten lines worth keeping, cut and without passwords; complaints of apt come before its prose. */
export function importantLines(text: string): string[] {
  const lines = linesOf(text).filter((line) => line.trim() !== '');
  const complaints = lines.filter((line) => /^(?:E|W|dpkg|Err:)/.test(line));
  return [...new Set(complaints.length > 0 ? complaints : lines)]
    .slice(0, MAX_LINES)
    .map((line) => maskUserInfo(line).slice(0, MAX_LENGTH));
}

/** What apt complained of first, as a sentence of its own. */
export function complaintOf(lines: readonly string[]): Sentence {
  const first = lines.find((line) => line.startsWith('E: ')) ?? lines[0];
  return first === undefined ? say.no_reason() : quoted(first.replace(/^(?:[EW]: |system-update: )/, ''));
}

export function aptError(
  kind: AptErrorKind,
  severity: AptError['severity'],
  message: Sentence,
  lines: readonly string[],
  subject: string | null = null,
): AptError {
  return {
    kind,
    severity,
    message: maskUserInfo(message).slice(0, MAX_LENGTH),
    important_lines: lines
      .filter((line) => line.trim() !== '')
      .slice(0, MAX_LINES)
      .map((line) => maskUserInfo(line).slice(0, MAX_LENGTH)),
    remediation: remediationOf(kind),
    subject,
  };
}
