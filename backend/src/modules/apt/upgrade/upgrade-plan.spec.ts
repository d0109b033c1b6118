import type { AptUpgradePlan } from '../contracts/apt-upgrade-plan.v2';
import { section, captured, detailsOf, planned, suites } from '../../../../test/support/captured-upgrade';

describe.each(suites)('a plan on %s', (suite) => {
  const security = suite === 'bookworm' ? '1.0-1+deb12u1' : '1.0-1+deb13u1';

  it('names every effect with its origin, and what would follow from it', () => {
    const sections = captured(suite, 'done').set('plan_init', section('init\tsystemd\n'));
    const outcome = planned(sections);
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
    ['amd64', 'i386'],
    ['i386', 'amd64'],
  ])('on %s knows of packages of %s, too, whether their old version can be had again', (native, foreign) => {
    const sections = captured(suite, 'done');
    const said = (name: string): string => sections.get(name)?.stdout ?? '';
    const add = (name: string, ...rows: readonly string[]): void => {
      sections.set(name, section(`${said(name)}${rows.join('\n')}\n`));
    };
    const own = said('environment').replace(/^architecture=.*$/m, `architecture=${native}`);
    sections.set('environment', section(own));
    add('plan_simulation', `Inst foo:${foreign} [1] (2 X:1/y [${foreign}])`, `Inst foo [1] (2 X:1/y [${native}])`);
    const counted = said('plan_simulation').replace(/^5 upgraded/m, '7 upgraded');
    sections.set('plan_simulation', section(counted));
    add('plan_lines', `upgrade foo:${foreign} 1 2 X:1/y`, `upgrade foo:${native} 1 2 X:1/y`);
    add('plan_rollback', `foo:${foreign}\t1\tyes`, 'foo\t1\tno');
    const found = detailsOf(planned(sections)).packages.filter(({ name }) => name === 'foo');
    expect(found.map(({ arch, rollback }) => [arch, rollback])).toEqual([
      [foreign, true],
      [native, false],
    ]);
  });

  it('expects a restart where process 1 runs what is replaced, and says where that is not known', () => {
    const sections = captured(suite, 'done');
    const found = (): AptUpgradePlan['reboot'] => detailsOf(planned(sections)).reboot;
    expect(found()).toMatchObject({ expected: null, reasons: [expect.any(String)] });
    sections.set('plan_init', section('init\tsystemd\nfile\tfleet-plain\t/usr/lib/fleet.so\n'));
    expect(found()).toMatchObject({ expected: true, reasons: [expect.stringContaining('fleet-plain')] });
    sections.set('plan_init', { ...section('init\tsystemd\n'), exitCode: 1 });
    expect(found()).toMatchObject({ expected: null });
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
