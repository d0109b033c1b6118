import type { CollectedSection } from '../../jobs/actions/job-action';
import { captured, contracts, detailsOf, finished, planned, suites } from '../../../../test/support/captured-upgrade';
import { analyseApt } from '../analysis/analyse';
import { APT_UPGRADE_RESULT, type AptUpgradeResult } from '../contracts/apt-upgrade-result.v5';
import { RUN_ID } from '../fixtures/captured-change';
import { loadFixture } from '../fixtures/load-fixture';
import { upgradeResult } from './upgrade-result';

const REBOOT_FACTS = ['environment', 'reboot_flag', 'kernels', 'container', 'init_maps', 'needrestart'];

describe.each(suites)('whether a machine needs a restart after a run on %s', (suite) => {
  /** As `facts_after` keeps them: what the analysis of a machine in this state asks. */
  const looks = (state: string, failing: readonly string[] = []): [string, CollectedSection][] =>
    [...loadFixture(suite, state)].flatMap(([name, found]): [string, CollectedSection][] => {
      const exitCode = failing.includes(name) ? 1 : Number(found.exitCode);
      return REBOOT_FACTS.includes(name) ? [[`fact.${name}`, { ...found, exitCode, truncated: false }]] : [];
    });
  const resultOf = (facts: [string, CollectedSection][]): AptUpgradeResult => {
    const sections = captured(suite, 'done');
    const run = finished(new Map([...sections, ...facts]));
    const result = upgradeResult(run, detailsOf(planned(sections)), RUN_ID);
    contracts.document(APT_UPGRADE_RESULT.name, result);
    return result;
  };

  it.each([
    ['kernel-not-booted', 'needed'],
    ['reboot-required', 'needed'],
    ['kernel', 'not_needed'],
    ['clean', 'not_needed'],
  ])('that left it as %s: %s, in the words of the analysis that follows', (state, expected) => {
    const { reasons } = analyseApt(loadFixture(suite, state), { measuredAt: new Date() }).reboot;
    expect(resultOf(looks(state)).reboot).toEqual({ state: expected, reasons });
  });

  it('is told by its kernels where no package left a mark', () => {
    const { reboot, reboot_flag } = resultOf(looks('kernel-not-booted'));
    expect({ flag: reboot_flag, state: reboot?.state }).toEqual({ flag: false, state: 'needed' });
    expect(reboot?.reasons).toContainEqual(expect.objectContaining({ signal: 'kernel', verdict: 'needed' }));
  });

  it('is not known where only the mark was looked for, or the kernels could not be', () => {
    expect(resultOf([]).reboot).toBeUndefined();
    expect(resultOf(looks('clean', ['container', 'kernels'])).reboot).toMatchObject({ state: 'cannot_tell' });
  });
});
