import { readdirSync } from 'node:fs';
import path from 'node:path';
import { analyseApt } from '../analysis/analyse';
import { APT_ERROR_KINDS } from '../contracts/apt-error-kinds';
import { FIXTURE_FOLDER, loadFixture } from '../fixtures/load-fixture';
import { meeterOf, tellersOf, verdictOn, verificationOf, type Look } from './verification';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const SUITES = ['bookworm', 'trixie'];
const WELL = 'plain';

function look(suite: string, state: string): Look {
  const { status, errors } = analyseApt(loadFixture(suite, state), { measuredAt });
  return { whole: status !== 'error', refreshed: true, found: errors.map(({ kind }) => kind), tried: true };
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
    expect(verdictOn(kind, 'analysis', look(suite, state))).toBe('there');
  });

  it('is gone by the analysis of one that is well, and nobody knows before', () => {
    expect(verdictOn(kind, 'analysis', look(suite, WELL))).toBe('gone');
    expect(verdictOn(kind, 'analysis', null)).toBe('not_looked');
  });
});

const nothing: Look = { whole: true, refreshed: true, found: [], tried: true };

it('is not called gone by a look that did not come to its end', () => {
  expect(verdictOn('repo_404', 'analysis', { ...nothing, whole: false, found: ['apt_lock_busy'] })).toBe('unclear');
});

it('of lists is not called gone by an analysis that fetched none', () => {
  for (const kind of ['repo_404', 'repo_dns', 'proxy_unreachable', 'apt_lock_busy', 'permission', 'refresh_failed']) {
    expect(verdictOn(kind, 'analysis', { ...nothing, refreshed: false })).toBe('not_looked');
    expect(verdictOn(kind, 'analysis', nothing)).toBe('gone');
  }
});

it('what a run left unfinished is seen by what an analysis finds of dpkg', () => {
  for (const kind of ['maintainer_script_failed', 'conffile_question', 'container_refused'])
    expect(verdictOn(kind, 'run', { ...nothing, refreshed: false, found: ['packages_broken'] })).toBe('there');
  expect(verdictOn('dpkg_interrupted', 'run', { ...nothing, refreshed: false })).toBe('gone');
});

it('what a run met while it fetched or unpacked tells another run alone', () => {
  const kinds = [
    'file_conflict',
    'archive_refused',
    'deb_404',
    'repo_hash_mismatch',
    'repo_401',
    'apt_lock_busy',
    'unknown',
  ];
  for (const kind of kinds) expect(verificationOf(kind, 'run')).toEqual({ action: 'apt_upgrade', signs: [kind] });
  expect(['apt_upgrade', 'apt_download', 'apt_repair'].map(meeterOf)).toEqual(['run', 'run', 'run']);
  expect(['apt_update_analyze', 'apt_upgrade_plan'].map(meeterOf)).toEqual(['analysis', 'plan']);
});

it('what an analysis met is told by the next one, and of room by one that fetches lists again', () => {
  for (const kind of APT_ERROR_KINDS) {
    expect(tellersOf(kind, 'apt_update_analyze')).toEqual(['apt_update_analyze']);
    expect(verdictOn(kind, 'analysis', nothing)).toBe('gone');
  }
  for (const kind of ['no_space', 'no_inodes', 'no_space_boot', 'read_only_fs'])
    expect(verdictOn(kind, 'analysis', { ...nothing, refreshed: false })).toBe('not_looked');
  for (const kind of ['held_broken', 'simulation_failed'])
    expect(verdictOn(kind, 'analysis', { ...nothing, refreshed: false })).toBe('gone');
});

it('every class is told by something', () => {
  for (const kind of APT_ERROR_KINDS)
    for (const met of ['analysis', 'plan', 'run'] as const) expect(verificationOf(kind, met).signs).not.toEqual([]);
});

it('names who tells first of what each action met', () => {
  expect(tellersOf('file_conflict', 'apt_upgrade')).toEqual(['apt_upgrade']);
  expect(tellersOf('file_conflict', 'apt_repair')).toEqual(['apt_repair', 'apt_upgrade']);
  expect(tellersOf('held_broken', 'apt_upgrade_plan')).toEqual(['apt_upgrade_plan', 'apt_upgrade']);
  expect(tellersOf('removal_refused', 'apt_autoremove')).toEqual(['apt_autoremove_plan', 'apt_autoremove']);
  expect(tellersOf('repo_404', 'apt_update_analyze')).toEqual(['apt_update_analyze']);
});
