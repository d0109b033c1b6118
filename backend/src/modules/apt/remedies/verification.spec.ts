import { readdirSync } from 'node:fs';
import path from 'node:path';
import { analyseApt } from '../analysis/analyse';
import { APT_ERROR_KINDS } from '../contracts/apt-error-kinds';
import { FIXTURE_FOLDER, loadFixture } from '../fixtures/load-fixture';
import { verdictOn, verificationOf, type Look } from './verification';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const SUITES = ['bookworm', 'trixie'];
const WELL = 'plain';

function look(suite: string, state: string): Look {
  const { status, errors } = analyseApt(loadFixture(suite, state), { measuredAt });
  return { whole: status !== 'error', found: errors.map(({ kind }) => kind) };
}

/** Every class that a captured analysis shows, with one that shows it. */
const shown = SUITES.flatMap((suite) =>
  readdirSync(path.join(FIXTURE_FOLDER, suite)).flatMap((file) => {
    const state = path.basename(file, '.txt');
    return look(suite, state).found.map((kind) => [kind, suite, state] as const);
  }),
);
const first = [...new Map(shown.map((one) => [one[0], one] as const)).values()];

describe.each(first)('%s', (kind, suite, state) => {
  it(`is there by the analysis of a machine that has it (${suite}, ${state})`, () => {
    expect(verdictOn(kind, look(suite, state))).toBe('there');
  });

  it('is gone by the analysis of one that is well, and nobody knows before', () => {
    expect(verdictOn(kind, look(suite, WELL))).toBe('gone');
    expect(verdictOn(kind, null)).toBe('not_looked');
  });
});

it('is not called gone by a look that did not come to its end', () => {
  expect(verdictOn('repo_404', { whole: false, found: ['apt_lock_busy'] })).toBe('unclear');
});

it('what a run left unfinished is seen by what an analysis finds of dpkg', () => {
  const half: Look = { whole: true, found: ['packages_broken'] };
  for (const kind of ['maintainer_script_failed', 'conffile_question', 'file_conflict', 'unknown'])
    expect(verdictOn(kind, half)).toBe('there');
});

it('lists that cannot be fetched cannot tell that a package is there again', () => {
  expect(verdictOn('deb_404', { whole: true, found: ['repo_timeout'] })).toBe('there');
  expect(verdictOn('deb_404', { whole: true, found: [] })).toBe('gone');
});

it('every class is told by something', () => {
  for (const kind of APT_ERROR_KINDS) expect(verificationOf(kind).signs).not.toEqual([]);
});
