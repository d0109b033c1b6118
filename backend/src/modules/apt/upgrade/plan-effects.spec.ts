import path from 'node:path';
import { readFileSync } from 'node:fs';
import { noHosts } from '../../../../test/support/own-hosts';
import { STRICT_POLICY } from '../../../../test/support/policies';
import { excessOf } from '../../automation/policy/policy-check';
import type { ChangePlan } from '../../jobs/actions/change-action';
import { FIXTURE_FOLDER, parseFixture } from '../fixtures/load-fixture';
import { packageEffects } from './package-effects';
import { installedSecurity } from './plan-effects';
import { upgradePlan } from './upgrade-plan';

const SECURITY = 'Debian-Security:stable-security';
const FOREIGN = 'Fleet:stable-updates';

/**
 * A plan as a real machine made it, of the one package that a security archive offers something for.
 * @param edit of every text that the machine printed
 */
function planOf(edit: (text: string) => string): ChangePlan {
  const file = path.join(FIXTURE_FOLDER, 'upgrade', 'bookworm-done.txt');
  const sections = [...parseFixture(readFileSync(file, 'utf8'))].map(([name, section]) => {
    const stdout = onlyGuard(name, edit(section.stdout));
    return [name, { ...section, stdout, exitCode: Number(section.exitCode), truncated: false }] as const;
  });
  const clock = Number(sections.find(([name]) => name === 'plan_clock')?.[1].stdout);
  const at = new Date(clock * 1000);
  const run = {
    sections: new Map(sections),
    exitCode: 0,
    startedAt: at,
    receivedAt: at,
    truncated: false,
    brokenBy: null,
  };
  const parameters = { mode: 'dist_upgrade', scope: 'all', packages: [] } as const;
  const outcome = upgradePlan(run, { parameters, ownHosts: noHosts });
  if (outcome.kind !== 'planned') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  return outcome.plan;
}

/** Without the other packages of the capture. */
function onlyGuard(name: string, text: string): string {
  if (name === 'plan_lines') return text.replace(/^(?:upgrade|install|remove) (?!fleet-guard).*\n/gm, '');
  if (!['plan_simulation', 'sim_upgrade', 'sim_new', 'sim_dist'].includes(name)) return text;
  return text
    .replace(/^(?:Inst|Conf|Remv) (?!fleet-guard).*\n/gm, '')
    .replace(/^\d+ upgraded, .*$/m, '1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.');
}

/** Another archive has a higher version than the one for security: that one is what apt installs. */
const outbid = (text: string): string =>
  text
    .replace(/^((?:Inst|Conf) fleet-guard .*\()1\.0-1\+deb12u1 \S+/gm, `$19.0 ${FOREIGN}`)
    .replace(/^(upgrade fleet-guard:all 1\.0-1) .*$/m, `$1 9.0 ${FOREIGN}`)
    .replace(
      /^ {2}Candidate: 1\.0-1\+deb12u1\n {2}Version table:\n/m,
      '  Candidate: 9.0\n  Version table:\n     9.0 500\n        500 http://127.0.64.254:8494/repo plain/main amd64 Packages\n',
    );

const excess = (plan: ChangePlan) => excessOf(STRICT_POLICY, plan, packageEffects(plan.details));

describe('a plan that brings what an archive for security offers', () => {
  it('keeps to a policy of security updates, and is one to the rules', () => {
    const plan = planOf((text) => text);
    expect(plan.details).toMatchObject({ packages: [{ name: 'fleet-guard', origin: SECURITY, security: true }] });
    expect(excess(plan)).toEqual([]);
    expect(plan.effects).toEqual({ removed: 0, added: 0, origins: 'security' });
  });

  it('does neither where another archive has a higher version: that is what gets installed', () => {
    const plan = planOf(outbid);
    // To people it is told that an update for security is on the way.
    expect(plan.details).toMatchObject({
      packages: [{ name: 'fleet-guard', to_version: '9.0', origin: FOREIGN, security: true }],
    });
    expect(excess(plan)).toEqual(['This is not from an archive for security: fleet-guard.']);
    expect(plan.effects).toEqual({ removed: 0, added: 0, origins: 'other' });
  });
});

describe('whether a version comes from an archive for security', () => {
  it.each<[string, string | null, boolean | null, boolean | null]>([
    ['that of Debian', SECURITY, true, true],
    ['one of several', `Debian:12.5/stable, ${SECURITY}`, true, true],
    ['of which nothing else is known', SECURITY, null, null],
    ['another', FOREIGN, true, false],
    ['another, of which nothing else is known', FOREIGN, null, false],
    ['none that is known', null, null, null],
    ['none that is known, though some version on the way does', null, true, null],
    ['one whose label only reads so', `Any, ${SECURITY}`, false, false],
  ])('%s', (_what, origin, security, expected) => {
    expect(installedSecurity({ origin, security })).toBe(expected);
  });
});
