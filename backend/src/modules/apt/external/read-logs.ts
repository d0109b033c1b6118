import type { ImportantMessage } from '../../history/important-messages';
import type { CollectedRun } from '../../jobs/actions/job-action';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { parseEnvironment } from '../analysis/machine-reading';
import { withoutUserInfo } from '../analysis/refresh';
import { say } from '../apt.sentences';
import { parseAptHistory, parseDpkgHistory } from '../parsers/package-history';
import { ParseError, readable } from '../parsers/parse-error';
import { loggedChanges, type LoggedChange } from './external-changes';

/** `read`: to their end; `unreadable`: what they hold cannot be read; `missed`: the run broke off before. */
export type LogsReading = 'read' | 'unreadable' | 'missed';

/** A log may hold any number of lines that nobody can read. */
const FAULTS_TOLD = 5;

/** What the machine's logs tell of changes; where they cannot be read, a message says so and nothing is guessed. */
export function readLogs(run: CollectedRun): {
  readonly reading: LogsReading;
  /**
   * Until when they were read, by the clock that they go by: the machine's own, as far as it tells. One that is ahead may be put right
   * at any moment; what is written then lies before it, so no time after ours counts as read.
   */
  readonly until: Date;
  readonly changes: readonly LoggedChange[];
  readonly messages: readonly ImportantMessage[];
} {
  const at = machineTime(run) ?? run.receivedAt;
  const until = at < run.receivedAt ? at : run.receivedAt;
  const told = ['apt_history', 'dpkg_history'].every((name) => run.sections.has(name));
  try {
    const apt = parseAptHistory(withoutUserInfo(whole(run, 'apt_history')));
    const dpkg = parseDpkgHistory(whole(run, 'dpkg_history'));
    return {
      reading: told ? 'read' : 'missed',
      until,
      changes: loggedChanges(apt.found, dpkg.found, at),
      messages: [...apt.faults, ...dpkg.faults].slice(0, FAULTS_TOLD).map(leftOut),
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { reading: 'unreadable', until, changes: [], messages: [unreadable(error)] };
  }
}

function machineTime({ sections }: CollectedRun): Date | null {
  const environment = readable(() => parseEnvironment(sections.get('environment')?.stdout ?? ''));
  return environment === null ? null : new Date(environment.now * 1000);
}

function whole(run: CollectedRun, name: string): string {
  const section = run.sections.get(name);
  // A run that broke off before says so itself.
  if (section === undefined) return '';
  if (section.exitCode !== 0)
    throw new ParseError(name, `exit code ${String(section.exitCode)}`, section.stderr.trim());
  if (section.truncated) throw new ParseError(name, 'too long');
  return section.stdout;
}

function unreadable(error: ParseError): ImportantMessage {
  return warning(error, 'package_history_unreadable', say.history_unreadable({ reason: error.message }));
}

function leftOut(error: ParseError): ImportantMessage {
  return warning(error, 'package_history_entry_unreadable', say.history_entry_unreadable({ reason: error.message }));
}

function warning(error: ParseError, code: string, message: Sentence): ImportantMessage {
  return {
    category: 'warning',
    severity: 'warning',
    packageName: null,
    component: error.what,
    message,
    payload: { code },
  };
}
