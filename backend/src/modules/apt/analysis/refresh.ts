import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type {
  AptError,
  IndexState,
  RefreshOutcome,
  RefreshResult,
  Repository,
} from '../contracts/apt-update-analyze.v1';
import { optional, parseKeyValues, required } from '../parsers/key-values';
import { ParseError } from '../parsers/parse-error';
import { classifyRunFailure, maskUserInfo, parseLockHolder, type LockHolder } from '../parsers/update-failures';
import { parseUpdate, type UpdateOutput } from '../parsers/update-output';
import { aptError, complaintOf, importantLines } from './errors';
import type { JudgedRepository } from './repositories';
import type { AptSection, SectionReader } from './sections';
import { quoted } from '../../../kernel/sentences/sentences';
import { say } from '../apt.sentences';

interface RefreshFacts {
  requested: boolean;
  proxyMode: RefreshResult['proxy_mode'];
  timeoutSeconds: number;
  attempts: number | null;
  durationSeconds: number | null;
  /** `host:port` of the proxies in use. */
  proxies: Set<string>;
}

const MODES: readonly string[] = ['system', 'none', 'custom'];

function proxyHosts(values: Map<string, string[]>): Set<string> {
  const urls = ['proxy_http', 'proxy_https'].flatMap((key) => optional(values, key) ?? []);
  return new Set(
    urls.flatMap((url) => {
      const match = /^([a-z0-9]+):\/\/(?:[^/@]*@)?([^/:]+|\[[^\]]+\])(?::(\d+))?/i.exec(url);
      const port = match?.[3] ?? (match?.[1] === 'https' ? '443' : match?.[1] === 'http' ? '80' : '1080');
      return match?.[2] === undefined ? [] : [`${match[2].toLowerCase()}:${port}`];
    }),
  );
}

function parseRefreshFacts(text: string): RefreshFacts {
  const values = parseKeyValues('refresh_facts', text);
  const number = (key: string): number | null => {
    const value = optional(values, key);
    if (value !== null && !/^\d+$/.test(value)) throw new ParseError('refresh_facts', `${key} is not a number`, value);
    return value === null ? null : Number(value);
  };
  const mode = required('refresh_facts', values, 'proxy_mode');
  const started = number('started');
  const ended = number('ended');
  return {
    requested: required('refresh_facts', values, 'requested') === '1',
    proxyMode: MODES.includes(mode) ? (mode as RefreshResult['proxy_mode']) : null,
    timeoutSeconds: number('refresh_timeout') ?? 0,
    attempts: number('attempts'),
    durationSeconds: started === null || ended === null ? null : ended - started,
    proxies: proxyHosts(values),
  };
}

/** What the section `refresh` says before single repositories are judged. */
export interface RefreshReading {
  facts: RefreshFacts | null;
  section: AptSection | null;
  update: UpdateOutput | null;
  outcome: RefreshOutcome;
}

function firstOutcome(facts: RefreshFacts | null, section: AptSection | null): RefreshOutcome {
  if (facts?.requested === false) return 'skipped';
  if (section === null) return 'unknown';
  if (section.exitCode === 124 || section.exitCode === 137) return 'timed_out';
  if (section.exitCode !== 0 && classifyRunFailure(section.stderr) === 'apt_lock_busy') return 'lock_busy';
  return section.exitCode === 0 ? 'refreshed' : 'failed';
}

export function readRefresh(reader: SectionReader): RefreshReading {
  const facts = reader.read('refresh_facts', parseRefreshFacts);
  const section = facts?.requested === false ? null : reader.raw('refresh');
  const outcome = firstOutcome(facts, section);
  const ran = section !== null && outcome !== 'lock_busy' && section.exitCode !== 64;
  return {
    facts,
    section,
    outcome,
    update: ran ? parseUpdate(withoutUserInfo(section.stdout), withoutUserInfo(section.stderr)) : null,
  };
}

/** Credentials in source URLs would keep them from being matched with the configuration, besides being secret. */
export function withoutUserInfo(text: string): string {
  return maskUserInfo(text).replaceAll('://***@', '://');
}

/** The outcome once each repository has its result. */
export function settledOutcome(reading: RefreshReading, repositories: readonly Repository[] | null): RefreshOutcome {
  if (reading.outcome !== 'refreshed' && reading.outcome !== 'failed') return reading.outcome;
  const good = (repositories ?? []).filter(({ result }) => result === 'refreshed' || result === 'unchanged').length;
  if (reading.outcome === 'refreshed' && good === (repositories ?? []).length && good > 0) return 'refreshed';
  return good > 0 ? 'partial' : 'failed';
}

export function refreshResult(reading: RefreshReading, outcome: RefreshOutcome): RefreshResult {
  return {
    outcome,
    refreshed: outcome === 'refreshed',
    proxy_mode: reading.facts?.proxyMode ?? null,
    attempts: reading.facts?.attempts ?? null,
    duration_seconds: reading.facts?.durationSeconds ?? null,
    lock_holder: outcome === 'lock_busy' ? parseLockHolder(reading.section?.stderr ?? '') : null,
  };
}

// A wrong signature or a list kept from moving on may be an attack: an error even when every other repository answered.
const SERIOUS: ReadonlySet<AptErrorKind> = new Set([
  'repo_key_missing',
  'repo_key_expired',
  'repo_key_rejected',
  'repo_bad_signature',
  'repo_unsigned',
  'repo_release_expired',
  'repo_release_future',
]);

function holderOf({ name, pid }: LockHolder): string | null {
  if (pid === null) return name;
  return name === null ? say.process({ pid }) : say.process_named({ name, pid });
}

function lockError(stderr: string): AptError {
  const holder = parseLockHolder(stderr);
  const by = holder === null ? null : holderOf(holder);
  const message = by === null ? say.lists_locked() : say.lists_locked_by({ holder: by });
  return aptError('apt_lock_busy', 'warning', message, importantLines(stderr));
}

/** Errors of the run as a whole. What a single repository's failure explains is not said twice. */
function runErrors(reading: RefreshReading, outcome: RefreshOutcome, judged: readonly JudgedRepository[]): AptError[] {
  const stderr = reading.section?.stderr ?? '';
  const lines = importantLines(stderr);
  if (outcome === 'timed_out') {
    const seconds = reading.facts?.timeoutSeconds ?? 0;
    const open = judged.filter(({ repository }) => repository.result === 'not_reached');
    const names = open.map(({ repository }) => `not reached: ${repository.uri} ${repository.suite}`);
    const message = say.refresh_ended({ seconds });
    return [aptError('refresh_timed_out', 'error', message, [...lines, ...names])];
  }
  if (outcome === 'lock_busy') return [lockError(stderr)];
  if (outcome !== 'failed' && outcome !== 'partial') return [];
  const kind = classifyRunFailure(stderr);
  if (kind !== null) return [aptError(kind, 'error', complaintOf(lines), lines)];
  const named = judged.some(({ repository }) => repository.error_kind !== null);
  return named || judged.length === 0 ? [] : [aptError('refresh_failed', 'error', say.refresh_failed(), lines)];
}

/** Errors of the refresh: of the run as a whole, and of each repository that failed. */
export function refreshErrors(
  reading: RefreshReading,
  outcome: RefreshOutcome,
  judged: readonly JudgedRepository[],
): AptError[] {
  const allFailed = outcome === 'failed';
  const ofRepositories = judged.flatMap(({ repository, lines }) => {
    const { result, error_kind: kind, error_message: message, uri, suite } = repository;
    if (result !== 'failed' || kind === null) return [];
    const severity = allFailed || SERIOUS.has(kind) ? 'error' : 'warning';
    return [aptError(kind, severity, quoted(`${uri} ${suite}: ${message ?? kind}`), lines, `${uri} ${suite}`)];
  });
  return [...runErrors(reading, outcome, judged), ...ofRepositories];
}

function basisOf(repositories: readonly Repository[], outcome: RefreshOutcome): IndexState['basis'] {
  if (repositories.some((repository) => repository.has_index === null)) return 'unknown';
  const known = repositories.filter((repository) => repository.has_index === true).length;
  if (known === 0) return 'none';
  if (known < repositories.length) return 'incomplete';
  return outcome === 'refreshed' ? 'fresh' : 'stale';
}

/** When the last of all repositories was confirmed; null: one of them never was, so that nobody knows for the whole. */
function confirmedAt(repositories: readonly Repository[]): string | null {
  const times = repositories.map((repository) => repository.last_success_at);
  return times.includes(null) ? null : (times.sort()[0] ?? null);
}

/** How old what the plans are made of is. */
export function indexState(repositories: readonly Repository[] | null, outcome: RefreshOutcome): IndexState {
  if (repositories === null) return { basis: 'unknown', age_seconds: null, age_basis: null, last_success_at: null };
  const withIndex = repositories.filter((repository) => repository.has_index === true);
  const oldest = withIndex.reduce<Repository | undefined>(
    (found, repository) => (found === undefined || ageOf(repository) > ageOf(found) ? repository : found),
    undefined,
  );
  return {
    basis: basisOf(repositories, outcome),
    age_seconds: oldest?.age_seconds ?? null,
    age_basis: oldest?.age_basis ?? null,
    last_success_at: confirmedAt(repositories),
  };
}

const ageOf = (repository: Repository): number => repository.age_seconds ?? Number.POSITIVE_INFINITY;
