import { linesOf, orNull, ParseError, wholeNumber } from './parse-error';

/** One `Release` file of the configuration and its lists; `url` ends before `InRelease`. */
export interface ConfiguredRepository {
  url: string;
  uri: string;
  suite: string;
  components: string[];
  /** Names of list files start with it. */
  listPrefix: string;
}

const RELEASE_URL = /^(.*\/)(?:InRelease|Release)$/;

/** The folder of a suite's Release file, as apt builds it from a source line. */
export function releaseFolder(uri: string, suite: string): string {
  const base = uri.replace(/\/$/, '');
  return suite.endsWith('/') ? `${base}/${suite}` : `${base}/dists/${suite}/`;
}

/** Takes a folder apart again. A flat repository's path cannot be told from its URI, so it gets the suite `./`. */
export function splitReleaseFolder(url: string): { uri: string; suite: string } {
  const dists = url.lastIndexOf('/dists/');
  if (dists !== -1) return { uri: url.slice(0, dists), suite: url.slice(dists + '/dists/'.length, -1) };
  return { uri: url.replace(/(?:\/\.)?\/$/, ''), suite: './' };
}

/**
 * Reads the section `configured`: URL and list file of every Release and Packages file that apt would fetch.
 * @throws ParseError on a line that is not a pair
 */
export function parseConfigured(text: string): ConfiguredRepository[] {
  const repositories = new Map<string, ConfiguredRepository>();
  for (const line of linesOf(text)) {
    const [url = '', file = ''] = line.split('\t');
    if (url === '' || file === '') throw new ParseError('configured', 'not a URL and a file', line);
    const folder = RELEASE_URL.exec(url)?.[1];
    if (folder !== undefined) {
      const listPrefix = file.replace(/(?:InRelease|Release)$/, '');
      repositories.set(folder, { url: folder, ...splitReleaseFolder(folder), components: [], listPrefix });
      continue;
    }
    for (const repository of repositories.values()) {
      const component = url.startsWith(repository.url)
        ? /^(.+)\/binary-[^/]+\//.exec(url.slice(repository.url.length))?.[1]
        : undefined;
      if (component !== undefined && !repository.components.includes(component)) repository.components.push(component);
    }
  }
  return [...repositories.values()];
}

export interface ReleaseFile {
  file: string;
  /** Last-Modified of the server, seconds since the epoch: the list was fetched at that time or later. */
  modified: number;
  date: string | null;
  validUntil: string | null;
  /** Priority of its versions without any preference: 500, or 100/1 where the archive asks not to be used automatically. */
  naturalPriority: 500 | 100 | 1;
}

export interface IndexFiles {
  releases: ReleaseFile[];
  /** Names of the package lists on the machine. */
  packageLists: string[];
}

/** An RFC 5322 date of a Release file as ISO 8601, or null where there is none. */
function isoDate(text: string | undefined, line: string): string | null {
  if (text === undefined || text === '') return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new ParseError('index_files', 'not a date', line);
  return new Date(time).toISOString();
}

/** Reads the section `index_files`. @throws ParseError on an unknown line */
export function parseIndexFiles(text: string): IndexFiles {
  const result: IndexFiles = { releases: [], packageLists: [] };
  for (const line of linesOf(text)) {
    const [kind, file = '', modified, date, validUntil, notAutomatic, butAutomatic] = line.split('\t');
    if (file === '') throw new ParseError('index_files', 'no file name', line);
    if (kind === 'packages') result.packageLists.push(file);
    else if (kind === 'release') {
      const reluctant = notAutomatic?.trim() === 'yes';
      result.releases.push({
        file,
        modified: wholeNumber(modified, 'index_files', line),
        date: isoDate(date, line),
        validUntil: isoDate(validUntil, line),
        naturalPriority: reluctant ? (butAutomatic?.trim() === 'yes' ? 100 : 1) : 500,
      });
    } else throw new ParseError('index_files', 'unknown row', line);
  }
  return result;
}

export interface Stamps {
  /** Seconds since the epoch of the last good refresh, by Release folder (see `releaseFolder`). */
  repositories: Map<string, number>;
  /** `update-success-stamp` of the machine, where something writes it. */
  system: number | null;
}

/** Reads the section `stamps`. @throws ParseError on an unknown line */
export function parseStamps(text: string): Stamps {
  const stamps: Stamps = { repositories: new Map(), system: null };
  for (const line of linesOf(text)) {
    const [epoch, uri = '', suite] = line.split('\t');
    const time = wholeNumber(epoch, 'stamps', line);
    if (orNull(suite) !== null && suite !== undefined) stamps.repositories.set(releaseFolder(uri, suite), time);
    else if (uri === 'update-success-stamp') stamps.system = time;
  }
  return stamps;
}
