import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyseApt } from './analysis/analyse';
import { APT_ERROR_KINDS, type AptErrorKind } from './contracts/apt-error-kinds';
import { capturedChange, planningRun } from './fixtures/captured-change';
import { FIXTURE_FOLDER, loadFixture, parseFixture } from './fixtures/load-fixture';
import { failureOf } from './upgrade/plan-failures';
import { upgradeErrors } from './upgrade/upgrade-errors';

const SUITES = ['bookworm', 'trixie'];
const CHANGES = ['upgrade', 'repair', 'autoremove'];
const measuredAt = new Date('2026-11-23T12:00:00Z');
const statesIn = (folder: string): string[] =>
  readdirSync(path.join(FIXTURE_FOLDER, folder)).map((file) => path.basename(file, '.txt'));

/** Classes that no machine at hand shows, each with the reason. */
const UNPROVEN: Partial<Record<AptErrorKind, string>> = {
  answer_incomplete: 'Of answers that break off: made from captures in damaged-answer.spec.ts.',
  answer_unreadable: 'Of answers in an unknown form: made from captures in damaged-answer.spec.ts.',
  refresh_failed: 'For a refresh that fails with words that none of the others has.',
  simulation_failed: 'For a simulation that fails with words that none of the others has.',
  unknown: 'For a run that fails with words that none of the others has.',
};

function* fromAnalyses(): Generator<string> {
  for (const suite of SUITES)
    for (const state of statesIn(suite))
      for (const { kind } of analyseApt(loadFixture(suite, state), { measuredAt }).errors) yield kind;
}

function* fromChanges(): Generator<string> {
  for (const folder of CHANGES)
    for (const state of statesIn(folder)) {
      const sections = capturedChange(`${folder}/${state}`);
      const log = sections.get('log');
      const inodes = sections.get('fact.inodes_gone')?.stdout.split('\n').filter(Boolean) ?? [];
      if (log !== undefined)
        for (const { kind } of upgradeErrors(log.stdout, log.exitCode, { inodesGone: inodes })) yield kind;
      if (folder === 'upgrade') yield failureOf(planningRun(sections))?.kind ?? '';
    }
}

function* fromWords(): Generator<string> {
  for (const state of statesIn('words')) {
    const found = parseFixture(readFileSync(path.join(FIXTURE_FOLDER, 'words', `${state}.txt`), 'utf8'));
    const log = found.get('log');
    const confined = (found.get('fact.confinement')?.stdout ?? '') !== '';
    for (const { kind } of upgradeErrors(log?.stdout ?? '', Number(log?.exitCode), { confined })) yield kind;
  }
}

it('every class of error is shown by a capture from a real machine, or listed as unproven with the reason', () => {
  const shown = new Set<string>([...fromAnalyses(), ...fromChanges(), ...fromWords()]);
  expect(APT_ERROR_KINDS.filter((kind) => !shown.has(kind)).sort()).toEqual(Object.keys(UNPROVEN).sort());
});
