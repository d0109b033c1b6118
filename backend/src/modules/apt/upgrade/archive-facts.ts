import type { CollectedSection } from '../../jobs/actions/job-action';
import type { ArchiveFacts, ConffileQuestion, NewsEntry } from '../contracts/archive-facts';
import { linesOf, ParseError, readable } from '../parsers/parse-error';

/** Of one entry; news are for reading. */
const TEXT_MAX = 20_000;
const SIGNATURE = /^ -- .*<[^>]*> {2}(.+)$/;

export interface ArchivesLook extends ArchiveFacts {
  /** Every archive of the transaction is on the machine; null: it could not tell. */
  readonly downloaded: boolean | null;
}

const UNKNOWN: ArchivesLook = { downloaded: null, conffile_questions: null, news: null };

/** What `archives_facts` printed; everything is unknown where it did not end, or cannot be read. Pure. */
export function archivesLook(section: CollectedSection | undefined): ArchivesLook {
  if (section === undefined || section.truncated) return UNKNOWN;
  return readable(() => parseArchives(section)) ?? UNKNOWN;
}

/** Bytes that are still to be fetched, by the same section; null: it could not tell. */
export function missingBytes(section: CollectedSection | undefined): number | null {
  if (section === undefined || section.truncated) return null;
  const lines = linesOf(section.stdout);
  if (lines[0] === 'complete') return 0;
  const sizes = lines.flatMap((line) => (line.startsWith('missing\t') ? [line.split('\t')[2] ?? ''] : []));
  if (sizes.length === 0 || sizes.some((size) => !/^\d+$/.test(size))) return null;
  return sizes.reduce((total, size) => total + Number(size), 0);
}

function parseArchives({ stdout, exitCode }: CollectedSection): ArchivesLook {
  const lines = linesOf(stdout).filter((line) => line !== '');
  if (lines.some((line) => line.startsWith('missing\t'))) return { ...UNKNOWN, downloaded: false };
  const [first, ...rest] = lines;
  if (first !== 'complete') return UNKNOWN;
  // One that could not be looked into in time may have what the others have not.
  if (exitCode !== 0) return { ...UNKNOWN, downloaded: true };
  const conffile_questions: ConffileQuestion[] = [];
  const news: { head: Pick<NewsEntry, 'package' | 'version'>; lines: string[] }[] = [];
  for (const line of rest) {
    const [kind, name = '', more = ''] = line.split('\t');
    const entry = news.at(-1);
    if (kind === 'conffile') conffile_questions.push({ package: name, path: more });
    else if (kind === 'news') news.push({ head: { package: name, version: more }, lines: [] });
    else if (kind === '' && entry !== undefined) entry.lines.push(line.slice(1));
    else throw new ParseError('archives', 'unknown line', line);
  }
  return {
    downloaded: true,
    conffile_questions,
    news: news.map(({ head, lines: said }) => ({ ...head, ...written(said) })),
  };
}

function written(lines: readonly string[]): Pick<NewsEntry, 'written_at' | 'text'> {
  const signed = lines.map((line) => SIGNATURE.exec(line)?.[1] ?? null);
  const words = lines.filter((_line, at) => signed[at] === null);
  const text = words.join('\n').replace(/^\n+|\s+$/g, '');
  return { written_at: signed.find((date) => date !== null) ?? null, text: text.slice(0, TEXT_MAX) };
}
