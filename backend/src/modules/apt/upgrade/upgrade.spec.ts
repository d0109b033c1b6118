import { noHosts } from '../../../../test/support/own-hosts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Contracts } from '../../../kernel/contracts/contracts';
import type { FinishedChange, PlanOutcome } from '../../jobs/actions/change-action';
import type { CollectedRun, CollectedSection } from '../../jobs/actions/job-action';
import { lateFacts } from '../actions/apt-changes';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import { APT_UPGRADE_PLAN, type AptUpgradePlan } from '../contracts/apt-upgrade-plan.v2';
import {
  APT_UPGRADE_RESULT,
  APT_UPGRADE_RESULT_IMPORTANT,
  importantUpgrade,
  type AptUpgradeResult,
} from '../contracts/apt-upgrade-result.v5';
import { RUN_ID } from '../fixtures/captured-change';
import { FIXTURE_FOLDER, parseFixture } from '../fixtures/load-fixture';
import type { UpgradeParameters } from './upgrade-parameters';
import { upgradePlan } from './upgrade-plan';
import { wasRefused } from './refused';
import { backupRefusal, upgradeResult, verdictOf } from './upgrade-result';

const everything: UpgradeParameters = { mode: 'dist_upgrade', scope: 'all', packages: [] };
const suites = ['bookworm', 'trixie'] as const;

const contracts = new Contracts();
contracts.register(APT_UPGRADE_PLAN, APT_UPGRADE_RESULT, APT_UPGRADE_RESULT_IMPORTANT);

/** What `capture-upgrade.sh` printed of a real machine. */
function captured(suite: string, state: string): Map<string, CollectedSection> {
  const file = path.join(FIXTURE_FOLDER, 'upgrade', `${suite}-${state}.txt`);
  const sections = new Map<string, CollectedSection>();
  for (const [name, section] of parseFixture(readFileSync(file, 'utf8')))
    sections.set(name, { ...section, exitCode: Number(section.exitCode), truncated: false });
  return sections;
}

type Asked = { readonly [K in keyof UpgradeParameters]?: UpgradeParameters[K] | undefined };

function planned(sections: ReadonlyMap<string, CollectedSection>, more: Asked = {}): PlanOutcome {
  const clock = Number(sections.get('plan_clock')?.stdout);
  const receivedAt = new Date(clock * 1000);
  const run: CollectedRun = {
    sections,
    exitCode: 0,
    startedAt: receivedAt,
    receivedAt,
    truncated: false,
    brokenBy: null,
  };
  return upgradePlan(run, {
    parameters: { ...everything, ...more } as UpgradeParameters,
    ownHosts: noHosts,
  });
}

function detailsOf(outcome: PlanOutcome): AptUpgradePlan {
  if (outcome.kind !== 'planned') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
  contracts.document(APT_UPGRADE_PLAN.name, outcome.plan.details);
  return outcome.plan.details as AptUpgradePlan;
}

function finished(sections: ReadonlyMap<string, CollectedSection>, more: Partial<FinishedChange> = {}): FinishedChange {
  const facts = [...sections].flatMap(([name, section]) =>
    name.startsWith('fact.') ? [[name.slice('fact.'.length), section] as const] : [],
  );
  const log = sections.get('log');
  const drifted = sections.get('ending')?.stdout.trim() === 'drifted';
  return {
    ending: drifted ? 'drifted' : 'ended',
    exitCode: log?.exitCode ?? null,
    startedAt: null,
    finishedAt: null,
    rebooted: false,
    sections: new Map(facts),
    log: log?.stdout ?? '',
    drift: drifted ? { missing: ['upgrade a:all 1 2 x'], added: [] } : null,
    ...more,
  };
}

function resultOf(suite: string, state: string, more: Partial<FinishedChange> = {}): AptUpgradeResult {
  const sections = captured(suite, state);
  const result = upgradeResult(finished(sections, more), detailsOf(planned(sections)), RUN_ID);
  contracts.document(APT_UPGRADE_RESULT.name, result);
  contracts.document(APT_UPGRADE_RESULT_IMPORTANT.name, importantUpgrade(result));
  return result;
}

describe.each(suites)('a plan on %s', (suite) => {
  const security = suite === 'bookworm' ? '1.0-1+deb12u1' : '1.0-1+deb13u1';

  it('names every effect with its origin, and what would follow from it', () => {
    const outcome = planned(captured(suite, 'done'));
    const details = detailsOf(outcome);
    expect(outcome).toMatchObject({
      plan: {
        summary: 'To upgrade: 5, to install: 1, to remove: 1.',
        risk: 'high',
        consequences: [{ code: 'removals', sentence: 'These packages are removed: fleet-old.' }],
      },
    });
    if (outcome.kind === 'planned') {
      expect(outcome.plan.lines).toEqual(
        expect.arrayContaining([
          'machine machine',
          'mode dist_upgrade',
          'scope all',
          `upgrade fleet-guard:all 1.0-1 ${security} Debian-Security:stable-security`,
          'install fleet-lib2:all - 2.0 Fleet:stable-updates',
          'remove fleet-old 1.0 -',
        ]),
      );
      expect(outcome.plan.checks.map(({ code, verdict }) => `${code} ${verdict}`)).toEqual([
        'dpkg ok',
        'locks ok',
        'updaters ok',
        // The index of the test fleet says nothing about installed sizes.
        'space unknown',
        'inodes ok',
        'clock ok',
        expect.stringMatching(/^index (ok|unknown)$/) as string,
        'sudo unknown',
        'itself unknown',
        'database unknown',
      ]);
    }
    expect(details.packages.find(({ name }) => name === 'fleet-guard')).toMatchObject({
      operation: 'upgrade',
      arch: 'all',
      from_version: '1.0-1',
      to_version: security,
      security: true,
      rollback: true,
      download_bytes: expect.any(Number) as number,
    });
    expect(details.packages.find(({ name }) => name === 'fleet-lib2')).toMatchObject({ rollback: null });
    expect(details).toMatchObject({
      no_remove: false,
      services: null,
      conffile_questions: null,
      reboot: { expected: false, reasons: [] },
      modes: { upgrade: { upgraded: 3, removed: 0 }, dist_upgrade: { upgraded: 5, installed: 1, removed: 1 } },
    });
    expect(details.file_systems?.find(({ mount }) => mount === '/')?.needed_bytes).toBeNull();
  });

  it('names the services that use what is replaced, and says where that is not known', () => {
    const sections = captured(suite, 'done');
    const found = (): AptUpgradePlan['services'] => detailsOf(planned(sections)).services;
    expect(found()).toBeNull();
    sections.set('plan_services', section('cron.service\nssh.service\n'));
    expect(found()).toEqual(['cron.service', 'ssh.service']);
    sections.set('plan_services', section(''));
    expect(found()).toEqual([]);
    sections.set('plan_services', { ...section(''), exitCode: 127 });
    expect(found()).toBeNull();
  });

  it.each([
    [10, 'ok'],
    [2_000_000_000, 'blocked'],
  ])('that grows by %i KiB a package finds space %s', (kib, verdict) => {
    const sections = captured(suite, 'done');
    const sized = (name: string, pattern: RegExp, size: number): void => {
      const text = sections.get(name)?.stdout ?? '';
      sections.set(name, section(text.replace(pattern, `$1${String(size)}`)));
    };
    sized('records', /^(P\t[^\t]*\t[^\t]*\t[^\t]*\t\d+\t)/gm, 10 + kib);
    sized('installed_records', /^(I\t[^\t]*\t[^\t]*\t[^\t]*\t)/gm, 10);
    const outcome = planned(sections);
    // Five grow by so much, one is new and one goes.
    expect(detailsOf(outcome).disk_bytes).toBe((6 * kib + 10 - 10) * 1024);
    expect(outcome.kind === 'planned' && outcome.plan.checks).toContainEqual(
      expect.objectContaining({ code: 'space', verdict }),
    );
  });

  it('that nobody gave a mode is made and named in the one that its kind of machine has', () => {
    const outcome = planned(captured(suite, 'done'), { mode: undefined });
    expect(detailsOf(outcome)).toMatchObject({ mode: 'dist_upgrade', scope: 'all' });
    expect(outcome.kind === 'planned' && outcome.plan.lines).toContain('mode dist_upgrade');
  });

  it('is refused where the machine is a Proxmox host and would not be upgraded as a whole', () => {
    const sections = captured(suite, 'done');
    sections.set('plan_backups', section('proxmox=yes\n'));
    expect(planned(sections, { mode: 'upgrade' })).toMatchObject({ kind: 'failed', failure: { kind: 'mode_refused' } });
    expect(planned(sections)).toMatchObject({
      kind: 'planned',
      plan: { consequences: [{ code: 'removals' }, { code: 'proxmox_host' }] },
    });
    sections.set('plan_backups', section('proxmox=yes\nbackup=/proc/1/comm\n'));
    const outcome = planned(sections);
    expect(outcome.kind === 'planned' && outcome.plan.checks).toContainEqual(
      expect.objectContaining({ code: 'backups', verdict: 'blocked' }),
    );
  });

  it.each([
    ['upgrade', 'The chosen packages can only be upgraded by removing fleet-old, and this mode removes nothing.'],
    [
      'upgrade_with_new',
      'The chosen packages can only be upgraded by removing fleet-old, and this mode removes nothing.',
    ],
  ] as const)('of chosen packages never leaves the mode %s', (mode, message) => {
    const outcome = planned(captured(suite, 'done'), { mode, scope: 'packages', packages: ['fleet-swap'] });
    expect(outcome).toMatchObject({ kind: 'failed', failure: { kind: 'mode_refused', message } });
  });

  it('of chosen packages installs nothing new where only upgrades are wanted', () => {
    const sections = captured(suite, 'done');
    const replaced = (name: string, found: RegExp | string, by: string): void => {
      sections.set(name, section((sections.get(name)?.stdout ?? '').replace(found, by)));
    };
    replaced('plan_lines', /^remove .*\n/m, '');
    replaced('plan_simulation', /^Remv .*\n/m, '');
    replaced('plan_simulation', ', 1 to remove', ', 0 to remove');
    const chosen = { scope: 'packages', packages: ['fleet-newdep'] } as const;
    expect(planned(sections, { ...chosen, mode: 'upgrade' })).toMatchObject({
      kind: 'failed',
      failure: {
        kind: 'mode_refused',
        message: 'The chosen packages need fleet-lib2, not installed now, and this mode installs nothing new.',
      },
    });
    expect(planned(sections, { ...chosen, mode: 'upgrade_with_new' })).toMatchObject({ kind: 'planned' });
  });

  it('names chosen packages that it leaves as they are, and those that are not there', () => {
    const sections = captured(suite, 'done');
    const outcome = planned(sections, { scope: 'packages', packages: ['fleet-plain', 'fleet-held'] });
    expect(outcome.kind === 'planned' && outcome.plan.checks).toContainEqual({
      code: 'chosen',
      verdict: 'warning',
      sentence: 'Chosen, but not changed in this mode: fleet-held.',
      action: null,
    });
    const stderr = 'system-update: package_not_installed fleet-pla.n\nsystem-update: package_not_installed fleet-x-\n';
    sections.set('plan_simulation', { ...section(''), stderr, exitCode: 65 });
    expect(planned(sections, { scope: 'packages', packages: ['fleet-pla.n', 'fleet-x-'] })).toMatchObject({
      kind: 'failed',
      failure: {
        kind: 'package_not_installed',
        message: 'No package of this name is installed: fleet-pla.n, fleet-x-.',
      },
    });
  });

  it('that has no room for its lines says so', () => {
    const sections = captured(suite, 'done');
    const stderr = 'sh: 40: cannot create /tmp/tmp.x/lines: No space left on device\n';
    sections.set('plan_lines', { ...section(''), exitCode: 2, stderr });
    expect(planned(sections)).toMatchObject({ kind: 'failed', failure: { kind: 'no_space' } });
  });

  it.each(['plan_lines', 'plan_simulation'])('is never made of a damaged %s', (name) => {
    const sections = captured(suite, 'done');
    const whole = sections.get(name)?.stdout ?? '';
    sections.set(name, section(whole.replace(/^(Inst|upgrade) .*\n/m, '')));
    expect(planned(sections)).toMatchObject({ kind: 'failed', failure: { kind: 'answer_unreadable' } });
    sections.delete(name);
    expect(planned(sections)).toMatchObject({ kind: 'failed', failure: { kind: 'answer_unreadable' } });
  });

  it.each([
    ['hostile-label', ['fleet-plain 1.0 1.1']],
    ['hostile-lines', ['fleet-plain 1.0 1.1']],
    ['odd-version', ['fleet-odd 1.0_beta[1]-é 1.1', 'fleet-odder 1.0 1.1_rc[2]-é']],
  ])('of %s shows what the archive says as text', (state, expected) => {
    const outcome = planned(captured(suite, state));
    const details = detailsOf(outcome);
    expect(
      details.packages.map(({ name, from_version, to_version }) =>
        [name, from_version ?? '', to_version ?? ''].join(' '),
      ),
    ).toEqual(expected);
    for (const entry of details.packages) expect(entry).toMatchObject({ security: false, arch: 'all' });
    if (outcome.kind === 'planned')
      for (const line of outcome.plan.lines) expect(line).toMatch(/^[!-~](?:[ -~]*[!-~])?$/);
  });

  it('is blocked by a dpkg run that was cut off, and fails where apt can simulate nothing', () => {
    const cut = planned(captured(suite, 'interrupted'));
    expect(cut.kind === 'planned' && cut.plan.checks).toContainEqual(
      expect.objectContaining({
        code: 'dpkg',
        verdict: 'blocked',
        sentence: 'A dpkg run was cut off on this machine.',
      }),
    );
    expect(planned(captured(suite, 'unmet'))).toMatchObject({
      kind: 'failed',
      failure: { kind: 'unmet_dependencies' },
    });
  });

  it('tells who holds a lock', () => {
    const held = planned(captured(suite, 'lock'));
    expect(held.kind === 'planned' && held.plan.checks).toContainEqual(
      expect.objectContaining({
        code: 'locks',
        verdict: 'warning',
        sentence: expect.stringContaining('/var/lib/dpkg/lock-frontend is held by ') as string,
      }),
    );
  });
});

describe.each(suites)('a run on %s', (suite) => {
  it('did what was planned, and laid a new configuration file beside the kept one', () => {
    const result = resultOf(suite, 'done');
    expect(result).toMatchObject({
      exit_code: 0,
      counts: { upgraded: 5, installed: 1, removed: 1, unchanged: 0, planned: 7, as_planned: 7, unplanned: 0 },
      errors: [],
      conffiles: ['/etc/fleet-conffile.conf.dpkg-dist'],
      audit: [],
      reboot_flag: false,
    });
    expect(verdictOf(result)).toEqual({ status: 'warning', summary: 'As planned: 7 of 7.' });
  });

  it('that found another transaction changed nothing', () => {
    const result = resultOf(suite, 'drift');
    expect(result).toMatchObject({ ending: 'drifted', errors: [], packages: null });
    expect(verdictOf(result)).toMatchObject({ status: 'error', error: { kind: 'plan_drifted' } });
  });

  it.each<[string, AptErrorKind, string | null]>([
    ['odd-version', 'archive_refused', 'fleet-odder_1.1%5frc[2]-%c3%a9_all.deb'],
    ['file-conflict', 'file_conflict', 'fleet-plain_1.1_all.deb'],
    ['failing-script', 'maintainer_script_failed', 'fleet-failing'],
    ['deb-404', 'deb_404', null],
    ['deb-hash', 'repo_hash_mismatch', null],
    ['interrupted', 'dpkg_interrupted', null],
    ['lock', 'apt_lock_busy', null],
    ['no-space', 'no_space', null],
    ['no-space-archives', 'no_space', null],
    ['no-space-boot', 'no_space_boot', null],
    ['no-inodes', 'no_inodes', null],
    ['read-only', 'read_only_fs', null],
    ['removal-refused', 'removal_refused', null],
    ['downgrade-refused', 'downgrade_refused', null],
    ['held-packages', 'held_packages', null],
    ['held-broken', 'held_broken', null],
    ['conffile-question', 'conffile_question', null],
  ])('with %s ends as %s', (state, kind, subject) => {
    const result = resultOf(suite, state);
    expect(result.errors[0]).toMatchObject({ kind, ...(subject === null ? {} : { subject }) });
    expect(result.errors[0]?.important_lines.length).toBeGreaterThan(0);
    expect(verdictOf(result)).toMatchObject({ status: 'error', error: { kind } });
  });

  it('tells the packages that a failing script left as they were', () => {
    const { packages } = resultOf(suite, 'failing-script');
    expect(packages?.find(({ name }) => name === 'fleet-plain')).toMatchObject({ as_planned: true });
  });

  it('counts a package that dpkg has not finished with as none of the planned, whatever its version', () => {
    const result = resultOf(suite, 'failing-script');
    expect(result.packages?.find(({ name }) => name === 'fleet-failing')).toMatchObject({
      operation: 'upgraded',
      to_version: '1.1',
      state: 'half-configured',
      as_planned: false,
    });
    const { planned: all = 0, as_planned: done } = result.counts ?? {};
    expect(done).toBe(all - 1);
    expect(verdictOf(result).summary).toBe(`As planned: ${String(done)} of ${String(all)}.`);
  });

  it('whose log names no known cause is unknown, with its lines', () => {
    const result = resultOf(suite, 'done', { exitCode: 100, log: 'E: Something new happened\n' });
    expect(result.errors).toMatchObject([{ kind: 'unknown', important_lines: ['E: Something new happened'] }]);
  });

  it.each([
    ['', '', []],
    ['', '/var/lib/dpkg/updates/0001\n', ['dpkg_interrupted']],
    ['The following packages are only half configured:\n fleet-plain\n', '', ['dpkg_interrupted']],
  ])('that was cut off has something to repair only where dpkg says so: %j %j', (audit, journal, kinds) => {
    const sections = captured(suite, 'done');
    sections.set('fact.audit', section(audit));
    sections.set('fact.journal', section(journal));
    const run = finished(sections, { ending: 'interrupted', exitCode: null });
    const { errors } = upgradeResult(run, detailsOf(planned(sections)), RUN_ID);
    expect(errors.map(({ kind }) => kind)).toEqual(kinds);
    expect(verdictOf(upgradeResult(run, detailsOf(planned(sections)), RUN_ID))).toMatchObject({
      error: { kind: 'interrupted' },
    });
  });

  it('in which a full disk ended dpkg itself has dpkg to repair, though its audit finds all whole', () => {
    const sections = captured(suite, 'no-space');
    const journal = section('/var/lib/dpkg/updates/0000\n/var/lib/dpkg/updates/0001\n');
    const errors = (name: string): string[] => {
      sections.set('fact.audit', section(''));
      sections.set('fact.journal', journal);
      const log = captured(suite, name).get('log')?.stdout ?? '';
      const run = finished(sections, { exitCode: 100, log });
      return upgradeResult(run, detailsOf(planned(sections)), RUN_ID).errors.map(({ kind }) => kind);
    };
    expect(errors('no-space')).toEqual(['no_space', 'dpkg_interrupted']);
    // Told by apt already, or the work of the dpkg that was waited for.
    expect(errors('interrupted')).toEqual(['dpkg_interrupted']);
    expect(errors('lock')).toEqual(['apt_lock_busy']);
    const done = finished(sections, { exitCode: 0 });
    expect(upgradeResult(done, detailsOf(planned(sections)), RUN_ID).errors).toEqual([]);
  });

  it.each([
    ['lock', true],
    ['held-packages', true],
    ['removal-refused', true],
    ['downgrade-refused', true],
    ['deb-404', false],
    ['failing-script', false],
    ['interrupted', false],
    ['done', false],
  ])('by %s was refused before it changed anything: %s', (state, refused) => {
    const result = resultOf(suite, state, state === 'interrupted' ? { ending: 'interrupted', exitCode: null } : {});
    expect(wasRefused(verdictOf(result), result)).toBe(refused);
  });

  it('that had no room for what it found names the full disk, by the look taken late', () => {
    const sections = captured(suite, 'done');
    const unkept = { ...section(''), exitCode: 255 };
    const left = finished(new Map([...sections, ['fact.after', unkept]]));
    expect(lateFacts('run', left)).toMatchObject({ parameters: { RUN_ID: 'run', REPAIR: '0' } });
    expect(lateFacts('run', finished(sections))).toBeNull();
    expect(lateFacts('run', { ...left, ending: 'drifted' })).toBeNull();

    sections.set('fact.record_full', section('tmpfs 300 300 0 100% /var/lib/system-update\n'));
    const run = finished(sections);
    const result = upgradeResult(run, detailsOf(planned(sections)), RUN_ID);
    expect(result).toMatchObject({
      counts: { planned: 7, as_planned: 7 },
      errors: [{ kind: 'no_space', subject: '/var/lib/system-update' }],
    });
    expect(verdictOf(result)).toMatchObject({ status: 'error', error: { kind: 'no_space' } });
    const cut = upgradeResult({ ...run, ending: 'interrupted', exitCode: null }, detailsOf(planned(sections)), RUN_ID);
    expect(cut.errors.map(({ kind }) => kind)).toEqual(['dpkg_interrupted', 'no_space']);
  });

  it('whose record is lost is judged by its plan and by what is there now', () => {
    const sections = captured(suite, 'done');
    const details = detailsOf(planned(sections));
    const whole = upgradeResult(finished(sections), details, RUN_ID);
    sections.delete('fact.before');
    const lost = { ending: 'interrupted', exitCode: null, recordLost: true } as const;
    const judged = upgradeResult(finished(sections, lost), details, RUN_ID);
    expect(judged.counts).toEqual(whole.counts);
    expect(judged.packages?.map(({ name, operation }) => `${operation} ${name}`).sort()).toEqual(
      whole.packages?.map(({ name, operation }) => `${operation} ${name}`).sort(),
    );
    // What did not happen is not told as done.
    const after = sections.get('fact.after')?.stdout ?? '';
    sections.set('fact.after', section(after.replace(/^(ii \tfleet-plain\t)1\.1/m, '$11.0')));
    expect(upgradeResult(finished(sections, lost), details, RUN_ID).packages).toContainEqual(
      expect.objectContaining({ name: 'fleet-plain', operation: 'unchanged', as_planned: false }),
    );
    expect(upgradeResult(finished(sections, { ...lost, recordLost: false }), details, RUN_ID).packages).toBeNull();
  });

  it('whose window closed while it waited for a lock keeps who held it', () => {
    const sections = captured(suite, 'lock');
    const said = sections.get('log')?.stdout.match(/^Waiting for cache lock: .*\n/m)?.[0] ?? '';
    sections.set('fact.lock_waited', section(said));
    const details = detailsOf(planned(sections));
    const stopped = (): AptUpgradeResult =>
      upgradeResult(finished(sections, { ending: 'stopped', exitCode: null }), details, RUN_ID);
    // Somebody stopped it.
    expect(stopped().errors).toEqual([]);
    sections.set('fact.window_closed', section(''));
    const result = stopped();
    expect(result.errors).toMatchObject([
      {
        kind: 'apt_lock_busy',
        subject: 'hold-lock',
        important_lines: [expect.stringContaining('It is held by process')],
      },
    ]);
    contracts.document(APT_UPGRADE_RESULT.name, result);
    expect(verdictOf(result)).toMatchObject({ status: 'warning' });
  });

  it('that met a backup on its Proxmox host changed nothing, and met no error of apt', () => {
    const sections = captured(suite, 'done');
    const details = detailsOf(planned(sections));
    sections.set('fact.after', sections.get('fact.before') ?? section(''));
    sections.set('fact.refused.backup', section('proxmox=yes\nbackup=/proc/7/comm\n'));
    const run = finished(sections, { exitCode: 75 });
    const result = upgradeResult(run, details, RUN_ID);
    contracts.document(APT_UPGRADE_RESULT.name, result);
    expect(result).toMatchObject({ errors: [], counts: { as_planned: 0 } });
    expect(backupRefusal(run)).toMatchObject({ status: 'error', error: { kind: 'backup_running' } });
    expect(backupRefusal(finished(captured(suite, 'done')))).toBeNull();
  });

  it('of chosen packages tells that no mark was to be kept from that nobody could tell', () => {
    const sections = captured(suite, 'done');
    const plan = { ...detailsOf(planned(sections)), scope: 'packages' as const };
    const marks = (facts: Readonly<Record<string, CollectedSection>>, scope: AptUpgradePlan['scope'] = 'packages') => {
      const run = finished(new Map([...sections, ...Object.entries(facts)]), { ending: 'interrupted', exitCode: null });
      const result = upgradeResult(run, { ...plan, scope }, RUN_ID);
      contracts.document(APT_UPGRADE_RESULT.name, result);
      return [result.auto_marks, result.not_measured.find(({ fact }) => fact === 'auto_marks')?.reason];
    };
    expect(marks({ 'fact.auto_marks_none': section('') })).toEqual([null, undefined]);
    expect(marks({})).toEqual([null, 'cut_off']);
    expect(marks({ 'fact.auto_marks': { ...section(''), exitCode: 1 } })).toEqual([null, 'failed']);
    expect(marks({ 'fact.auto_marks': section('kept\tfleet-plain\n') })).toEqual([
      { kept: ['fleet-plain'], lost: [] },
      undefined,
    ]);
    // apt was told none by name.
    expect(marks({}, 'all')).toEqual([null, undefined]);
  });

  it('that was cut off before its end is no success, whatever its facts say', () => {
    const result = resultOf(suite, 'done', { ending: 'interrupted', exitCode: null });
    expect(verdictOf(result)).toMatchObject({ status: 'error', error: { kind: 'interrupted' } });
  });
});

function section(stdout: string): CollectedSection {
  return { stdout, stderr: '', exitCode: 0, truncated: false };
}
