import { loadFixture } from '../fixtures/load-fixture';
import { analyseApt } from './analyse';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { goneErrors } from './gone-errors';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const analysed = (state: string): AptUpdateAnalyze => analyseApt(loadFixture('trixie', state), { measuredAt });
const REPOSITORY = 'http://127.0.0.1 trixie';

/** Of an error of the class with this subject: it is gone. */
function gone(document: AptUpdateAnalyze, kind: AptErrorKind, subject: string | null = null): boolean {
  const { codes, except } = goneErrors(document);
  return codes.includes(kind) && (subject === null || !except.includes(subject));
}

it.each<[AptErrorKind, boolean]>([
  ['dpkg_interrupted', true],
  ['packages_broken', true],
  ['unmet_dependencies', true],
  ['no_space', true],
  ['apt_lock_busy', true],
  ['answer_incomplete', true],
  ['maintainer_script_failed', false],
])('an analysis that finds nothing wrong shows that %s is gone: %s', (kind, expected) => {
  expect(gone(analysed('clean'), kind)).toBe(expected);
});

describe('where one repository never answers', () => {
  const clean = analysed('clean');
  const [first] = clean.repositories ?? [];
  if (first === undefined) throw new Error('no repository');
  const failing = {
    ...first,
    uri: 'http://gone.example',
    suite: 'main',
    result: 'failed',
    error_kind: 'repo_404',
  } as const;
  const error = {
    kind: 'repo_404',
    severity: 'warning',
    message: '',
    important_lines: [] as string[],
    remediation: '',
  } as const;
  const document: AptUpdateAnalyze = {
    ...clean,
    status: 'warning',
    refresh: { ...clean.refresh, outcome: 'partial', refreshed: false },
    repositories: [first, failing],
    errors: [{ ...error, subject: 'http://gone.example main' }],
  };

  it.each<AptErrorKind>(['dpkg_interrupted', 'packages_broken', 'unmet_dependencies', 'no_space', 'apt_lock_busy'])(
    '%s is gone all the same',
    (kind) => {
      expect(gone(document, kind)).toBe(true);
    },
  );

  it('errors of those that answer are gone, and its own are not, of whichever class', () => {
    expect(gone(document, 'repo_key_expired', `${first.uri} ${first.suite}`)).toBe(true);
    expect(gone(document, 'repo_404', REPOSITORY)).toBe(true);
    for (const kind of ['repo_404', 'repo_timeout'] as const)
      expect(gone(document, kind, 'http://gone.example main')).toBe(false);
  });
});

it.each<[string, AptErrorKind]>([
  ['interrupted', 'dpkg_interrupted'],
  ['half-configured', 'packages_broken'],
])('an analysis of a machine like %s does not show that %s is gone', (state, kind) => {
  expect(gone(analysed(state), kind)).toBe(false);
});

it('one that fetched no lists shows nothing of those, and of dpkg what it read', () => {
  const clean = analysed('clean');
  const document: AptUpdateAnalyze = { ...clean, refresh: { ...clean.refresh, outcome: 'skipped', refreshed: false } };
  expect(gone(document, 'dpkg_interrupted')).toBe(true);
  for (const kind of ['no_space', 'apt_lock_busy', 'repo_404', 'proxy_auth'] as const)
    expect(gone(document, kind)).toBe(false);
});

it('an answer of which nothing is there shows nothing', () => {
  const document = analyseApt(new Map(), { measuredAt });
  expect(goneErrors(document).codes.filter((code) => !code.startsWith('answer_'))).toEqual([]);
  expect(gone(document, 'answer_incomplete', 'dpkg_state')).toBe(false);
});

it('what other package managers leave unfinished at this moment is not whole', () => {
  const clean = analysed('clean');
  const broken = [{ name: 'beta', version: '1', state: 'half-configured' }] as never;
  const document: AptUpdateAnalyze = { ...clean, dpkg: { ...clean.dpkg, broken, interrupted: true } };
  expect(gone(document, 'dpkg_interrupted') || gone(document, 'packages_broken')).toBe(false);
});
