import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type { AgeBasis, RefreshOutcome, Repository, RepositoryResult } from '../contracts/apt-update-analyze.v1';
import {
  type ConfiguredRepository,
  type IndexFiles,
  type ReleaseFile,
  releaseFolder,
  splitReleaseFolder,
  type Stamps,
} from '../parsers/index-state';
import type { PolicySource } from '../parsers/policy';
import { classifyRepositoryFailure, failingHost } from '../parsers/update-failures';
import type { Complaint, FetchItem, UpdateOutput } from '../parsers/update-output';
import { isArchivedRelease } from './ended-releases';
import { isSecurityArchive } from './origins';
import { say } from '../apt.sentences';

export interface RepositoryFacts {
  /** Null: not measured. */
  configured: ConfiguredRepository[] | null;
  files: IndexFiles | null;
  stamps: Stamps | null;
  sources: PolicySource[] | null;
  /** Null: no refresh ran. */
  update: UpdateOutput | null;
  outcome: RefreshOutcome;
  /** `host:port` of the proxies in use. */
  proxies: ReadonlySet<string>;
  /** Machine's clock at the analysis, seconds; null: not measured. */
  now: number | null;
  measuredAt: Date;
}

/** A repository of the answer, with what is needed to report its failure. */
export interface JudgedRepository {
  repository: Repository;
  lines: string[];
}

interface Suite {
  url: string;
  uri: string;
  suite: string;
  components: string[];
  listPrefix: string | null;
  items: FetchItem[];
  complaints: Complaint[];
}

const RELEASE_FILES = new Set(['InRelease', 'Release']);

function suitesOf(facts: RepositoryFacts): Map<string, Suite> {
  const suites = new Map<string, Suite>();
  for (const known of facts.configured ?? []) suites.set(known.url, { ...known, items: [], complaints: [] });
  const items = facts.update?.items ?? [];
  for (const item of items.filter(({ file }) => RELEASE_FILES.has(file))) {
    const url = releaseFolder(item.uri, item.suite);
    const suite = suites.get(url) ?? {
      url,
      ...splitReleaseFolder(url),
      components: [],
      listPrefix: null,
      items: [],
      complaints: [],
    };
    suite.items.push(item);
    // apt's own spelling is better than one taken apart from a URL.
    suites.set(url, { ...suite, uri: item.uri.replace(/\/$/, ''), suite: item.suite });
  }
  for (const item of items.filter(({ file }) => !RELEASE_FILES.has(file))) {
    for (const suite of suites.values()) {
      if (
        item.uri.replace(/\/$/, '') === suite.uri &&
        (item.suite === suite.suite || item.suite.startsWith(`${suite.suite}/`))
      )
        suite.items.push(item);
    }
  }
  for (const complaint of facts.update?.complaints ?? []) {
    for (const suite of suites.values()) {
      if (complaint.text.includes(`${suite.uri} ${suite.suite} `) || complaint.text.includes(suite.url))
        suite.complaints.push(complaint);
    }
  }
  return suites;
}

interface Verdict {
  result: RepositoryResult;
  kind: AptErrorKind | null;
  message: string | null;
  lines: string[];
}

const silent = (result: RepositoryResult): Verdict => ({ result, kind: null, message: null, lines: [] });

/** Judges the suites of one refresh; the failure of one may explain that of another. */
class RefreshJudge {
  /** Hosts that refused a connection: apt then gives them up and calls every other file of theirs "could not resolve". */
  private readonly givenUp = new Map<string, AptErrorKind>();

  constructor(private readonly facts: RepositoryFacts) {
    for (const { reason } of facts.update?.items ?? []) {
      const host = reason === null ? null : failingHost(reason);
      const port = host?.port ?? null;
      if (reason === null || host === null || port === null) continue;
      this.givenUp.set(host.host, this.isProxy(host) ? 'proxy_unreachable' : classifyRepositoryFailure(reason));
    }
  }

  verdict(suite: Suite): Verdict {
    if (this.facts.update === null) return silent(this.facts.outcome === 'skipped' ? 'not_refreshed' : 'not_reached');
    const failed = suite.items.filter((item) => item.state === 'error');
    const errors = suite.complaints.filter((complaint) => complaint.level === 'error');
    if (failed.length > 0 || errors.length > 0) return this.failure(suite, failed);
    // "Get" is printed when a transfer starts: in a run that was ended from outside it proves nothing.
    const cutShort = this.facts.outcome === 'timed_out';
    const good = suite.items.filter(({ state }) => state === 'hit' || (state === 'get' && !cutShort));
    if (good.length === 0) return silent('not_reached');
    return silent(good.some((item) => item.state === 'get') ? 'refreshed' : 'unchanged');
  }

  private failure(suite: Suite, failed: FetchItem[]): Verdict {
    const reasons = failed.flatMap(({ reason }) => reason ?? []);
    const complaints = suite.complaints
      .filter((complaint) => complaint.level !== 'notice')
      .map((complaint) => complaint.text);
    const lines = [...new Set([...reasons, ...complaints])];
    const said = classifyRepositoryFailure(lines.join('\n'));
    const kind = said === 'repo_404' && isArchivedRelease(suite.uri, suite.suite) ? 'repo_archived' : said;
    const [first = ''] = (reasons[0] ?? complaints.at(-1) ?? 'failed without a reason').split('\n');
    const message = first.slice(0, 300);
    const host = reasons.map(failingHost).find((found) => found !== null) ?? null;
    if (host === null) return { result: 'failed', kind, message, lines };
    const earlier = kind === 'repo_dns' ? this.givenUp.get(host.host) : undefined;
    if (earlier !== undefined) {
      const given = say.gave_up({ host: host.host });
      return { result: 'not_reached', kind: earlier, message: given, lines };
    }
    return { result: 'failed', kind: this.isProxy(host) ? 'proxy_unreachable' : kind, message, lines };
  }

  private isProxy({ host, port }: { host: string; port: number | null }): boolean {
    return [...this.facts.proxies].some((proxy) =>
      port === null ? proxy.replace(/:\d+$/, '') === host : proxy === `${host}:${String(port)}`,
    );
  }
}

interface ListAge {
  /** Seconds since the epoch, by the machine's clock. */
  since: number;
  basis: AgeBasis;
}

/**
 * Since when the list is known to be current. Where no refresh was ever seen, the file's own time is an upper bound of the
 * age: the server's Last-Modified is never later than the fetch.
 */
function listAge(
  suite: Suite,
  verdict: Verdict,
  release: ReleaseFile | undefined,
  facts: RepositoryFacts,
): ListAge | null {
  if (facts.now === null) return null;
  if (verdict.result === 'refreshed' || verdict.result === 'unchanged') return { since: facts.now, basis: 'refresh' };
  if (release === undefined) return null;
  const seen = facts.stamps?.repositories.get(suite.url) ?? facts.stamps?.system ?? null;
  return seen === null ? { since: release.modified, basis: 'list_file' } : { since: seen, basis: 'refresh' };
}

/** A time on the machine's clock told by ours, so that a wrong clock there does not make ages wrong. */
function onOurClock(seconds: number, facts: RepositoryFacts): string | null {
  if (facts.now === null) return null;
  return new Date(facts.measuredAt.getTime() - (facts.now - seconds) * 1000).toISOString();
}

function releaseFileOf(prefix: string | null, files: IndexFiles | null): ReleaseFile | undefined {
  if (prefix === null) return undefined;
  return files?.releases.find(({ file }) => file === `${prefix}InRelease` || file === `${prefix}Release`);
}

/** Whether the suite's lists are here: by the files, or by what apt says it uses. Null: neither could be read. */
function hasLists(
  { listPrefix: prefix }: Suite,
  source: PolicySource | undefined,
  facts: RepositoryFacts,
): boolean | null {
  if (source !== undefined) return true;
  if (facts.files === null) return null;
  if (prefix === null) return false;
  return (
    releaseFileOf(prefix, facts.files) !== undefined || facts.files.packageLists.some((name) => name.startsWith(prefix))
  );
}

function judged(suite: Suite, verdict: Verdict, facts: RepositoryFacts): JudgedRepository {
  const release = releaseFileOf(suite.listPrefix, facts.files);
  const source = facts.sources?.find(({ uri, suite: name }) => uri === suite.uri && name === suite.suite);
  const age = listAge(suite, verdict, release, facts);
  return {
    lines: verdict.lines,
    repository: {
      uri: suite.uri,
      suite: suite.suite,
      result: verdict.result,
      error_kind: verdict.kind,
      error_message: verdict.message,
      components: suite.components,
      origin: source?.origin ?? null,
      label: source?.label ?? null,
      archive: source?.archive ?? null,
      codename: source?.codename ?? null,
      security: source === undefined ? null : isSecurityArchive(source),
      has_index: hasLists(suite, source, facts),
      release_date: release?.date ?? null,
      valid_until: release?.validUntil ?? null,
      last_success_at: age?.basis === 'refresh' ? onOurClock(age.since, facts) : null,
      age_seconds: age === null || facts.now === null ? null : Math.max(0, facts.now - age.since),
      age_basis: age?.basis ?? null,
    },
  };
}

/** Every configured repository with its own result. Null when neither configuration nor refresh could be read. */
export function judgeRepositories(facts: RepositoryFacts): JudgedRepository[] | null {
  // Broken sources make apt name nothing: that is not the same as having no repository.
  if (facts.configured === null && (facts.update === null || facts.update.items.length === 0)) return null;
  const judge = new RefreshJudge(facts);
  const suites = [...suitesOf(facts).values()];
  return suites.map((suite) => judged(suite, judge.verdict(suite), facts));
}

/** Priority that each source has without any preference, by its key in `apt-cache policy`. */
export function naturalPriorities(
  facts: Pick<RepositoryFacts, 'configured' | 'files' | 'sources'>,
): Map<string, number> {
  const priorities = new Map<string, number>();
  for (const source of facts.sources ?? []) {
    const repository = facts.configured?.find(({ uri, suite }) => uri === source.uri && suite === source.suite);
    const release = repository && facts.files?.releases.find(({ file }) => file.startsWith(repository.listPrefix));
    if (release !== undefined) priorities.set(source.key, release.naturalPriority);
  }
  return priorities;
}
