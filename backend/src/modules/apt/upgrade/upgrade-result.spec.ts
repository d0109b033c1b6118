import { SecretMasker } from '../../../kernel/logging/secret-masker';
import type { CollectedSection } from '../../jobs/actions/job-action';
import { lateFacts } from '../actions/apt-changes';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import { type AptUpgradePlan } from '../contracts/apt-upgrade-plan.v2';
import { APT_UPGRADE_RESULT, type AptUpgradeResult } from '../contracts/apt-upgrade-result.v5';
import { RUN_ID } from '../fixtures/captured-change';
import { leftBy } from '../remedies/run-left';
import { wasRefused } from './refused';
import { backupRefusal, upgradeResult, verdictOf } from './upgrade-result';
import {
  section,
  captured,
  contracts,
  detailsOf,
  finished,
  planned,
  resultOf,
  suites,
} from '../../../../test/support/captured-upgrade';

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
    ['failing-preinst', 'maintainer_script_failed', 'fleet-failing'],
    ['failing-preinst-others', 'maintainer_script_failed', 'fleet-failing'],
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

  it.each([
    ['failing-script', 'half-configured', true, false, 'repair dpkg'],
    ['failing-preinst-others', 'installed', false, false, 'repair dpkg'],
    ['failing-preinst', 'installed', false, true, 'nothing to repair'],
  ])('with %s leaves its package %s', (state, word, unfinished, whole, remedy) => {
    const result = resultOf(suite, state);
    expect(result.packages?.find(({ name }) => name === 'fleet-failing')).toMatchObject({ state: word });
    expect(leftBy(result).get('maintainer_script_failed')).toEqual([{ subject: 'fleet-failing', unfinished }]);
    expect(result.audit?.length === 0).toBe(whole);
    expect(result.errors[0]?.remediation).toContain(remedy);
    expect(verdictOf(result).error?.action).toContain(remedy);
  });

  it('names the package of an error though its log masks a part of the name, a password of the machine', () => {
    const sections = captured(suite, 'failing-script');
    const masker = new SecretMasker(['failing']);
    const masked = (text: string): string => masker.mask(text);
    const run = finished(sections);
    const result = upgradeResult({ ...run, log: masked(run.log), masked }, detailsOf(planned(sections)), RUN_ID);
    const [error] = result.errors;
    expect(error).toMatchObject({ kind: 'maintainer_script_failed', subject: 'fleet-failing' });
    expect(`${error?.message ?? ''} ${error?.important_lines.join() ?? ''}`).not.toContain('failing');
    expect(leftBy(result).get('maintainer_script_failed')).toEqual([{ subject: 'fleet-failing', unfinished: true }]);
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
