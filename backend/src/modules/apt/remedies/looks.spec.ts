import type { DataSource } from 'typeorm';
import { goldenExample } from '../../../../test/support/golden-examples';
import { insertMachine, insertRow } from '../../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { SystemClock } from '../../../kernel/clock';
import { Contracts } from '../../../kernel/contracts/contracts';
import { newId } from '../../../kernel/database/ids';
import { Snapshots } from '../../history/snapshots';
import { parametersContract } from '../../jobs/contracts/job-parameters';
import { JobsReader } from '../../jobs/jobs.reader';
import type { JobStatus } from '../../jobs/entities/jobs.values';
import { APT_UPGRADE_RESULT, type AppliedPackage, type AptUpgradeResult } from '../contracts/apt-upgrade-result.v5';
import { APT_UPDATE_ANALYZE } from '../contracts/apt-update-analyze.v1.schema';
import type { AptError, AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { PackageState } from '../parsers/dpkg';
import { UPGRADE_PARAMETERS, type UpgradeParameters } from '../upgrade/upgrade-parameters';
import { Attempts } from './attempts';
import { Looks } from './looks';

const GOLDEN = goldenExample('apt_upgrade_result', 5) as AptUpgradeResult;
const PACKAGE: AppliedPackage = {
  name: 'beta',
  arch: 'amd64',
  operation: 'upgraded',
  from_version: '1.0',
  to_version: '2.0',
  origin: null,
  planned: true,
  as_planned: false,
  state: null,
};
const START = new Date('2026-11-23T12:00:00.000Z');
const ALL: UpgradeParameters = { mode: 'upgrade_with_new', scope: 'all', packages: [] };
/** As a bulk plan asks for it. */
const UNSAID: UpgradeParameters = { scope: 'all', packages: [] };
const only = (...packages: string[]): UpgradeParameters => ({ ...ALL, scope: 'packages', packages });

interface Run {
  readonly kind?: string;
  readonly choice?: UpgradeParameters | null;
  readonly status?: JobStatus;
  readonly error?: string | null;
  /** What the errors of this class named, one each. */
  readonly subjects?: readonly string[];
  readonly packages?: readonly string[];
  /** Planned, and left as they were. */
  readonly untouched?: readonly string[];
  /** How dpkg has left packages. */
  readonly states?: Readonly<Record<string, PackageState | null>>;
  readonly audit?: readonly string[];
}

describe('whether an error is gone', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let looks: Looks;
  let contracts: Contracts;
  let machineId: string;
  let minute: number;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    contracts = new Contracts();
    contracts.register(APT_UPDATE_ANALYZE, APT_UPGRADE_RESULT);
    for (const name of ['apt_upgrade', 'apt_upgrade_plan', 'apt_download'])
      contracts.register(parametersContract({ name, parameters: UPGRADE_PARAMETERS } as never));
    const jobs = new JobsReader(dataSource, contracts);
    looks = new Looks(
      new Snapshots(dataSource, contracts, new SystemClock()),
      new Attempts(dataSource, contracts, jobs),
    );
  });
  beforeEach(async () => {
    machineId = await insertMachine(dataSource);
    minute = 0;
  });
  afterAll(() => database.drop());

  /** @returns when it ended */
  async function run({ kind = 'apt_upgrade', choice = ALL, status, error = null, ...more }: Run) {
    minute += 1;
    const at = new Date(START.getTime() + minute * 60_000);
    const id = newId();
    await insertRow(dataSource, 'jobs', {
      id,
      kind,
      machine_id: machineId,
      status: status ?? (error === null ? 'ok' : 'error'),
      created_at: at,
      finished_at: at,
      error_kind: error,
      error_message: error,
      payload_json: choice === null ? null : JSON.stringify({ schema_version: 1, parameters: choice }),
    });
    if (kind.endsWith('_plan')) return at;
    const subjects = more.subjects ?? [null];
    const errors = error === null ? [] : subjects.map((subject) => ({ kind: error, message: error, subject }));
    const found = { ...GOLDEN.errors[0], severity: 'error', important_lines: [], remediation: 'Mend it.' };
    const result: AptUpgradeResult = {
      ...GOLDEN,
      errors: errors.map((one) => ({ ...found, ...one }) as AptError),
      packages: Object.entries(more.states ?? {}).map(([name, state]) => ({ ...PACKAGE, name, state })),
      audit: more.audit ?? [],
    };
    await insertRow(dataSource, 'executions', {
      id,
      machine_id: machineId,
      action: kind,
      mode: 'manual',
      started_at: at,
      finished_at: at,
      status: error === null ? 'ok' : 'error',
      result_json: JSON.stringify(result),
      job_id: id,
    });
    const { packages = [], untouched = [] } = more;
    for (const name of [...packages, ...untouched])
      await insertRow(dataSource, 'apt_applied_packages', {
        id: newId(),
        execution_id: id,
        machine_id: machineId,
        name,
        operation: packages.includes(name) ? 'upgraded' : 'unchanged',
      });
    return at;
  }

  async function analysis(
    refresh: AptUpdateAnalyze['refresh']['outcome'],
    kinds: readonly string[] = [],
    reboot: Partial<AptUpdateAnalyze['reboot']> = {},
  ) {
    minute += 1;
    const golden = goldenExample('apt_update_analyze', 1) as AptUpdateAnalyze;
    const error = { ...golden.errors[0], severity: 'error', message: 'It failed.', important_lines: [], subject: null };
    const document = {
      ...golden,
      refresh: { ...golden.refresh, outcome: refresh },
      reboot: { ...golden.reboot, ...reboot },
      errors: kinds.map((kind) => ({ ...error, remediation: 'Mend it.', kind })),
    };
    await insertRow(dataSource, 'snapshots', {
      id: newId(),
      machine_id: machineId,
      kind: 'apt_update_analyze',
      schema_version: 1,
      created_at: new Date(START.getTime() + minute * 60_000),
      status: 'ok',
      payload_json: JSON.stringify(document),
    });
  }

  const standing = async (kind: string, by: string, since: Date) =>
    (await looks.standings(machineId, [kind], by, since))[0];
  const conflict = { error: 'file_conflict', subjects: ['beta_2.0_amd64.deb'] };
  const conflicts = { error: 'file_conflict', subjects: ['beta_2.0_amd64.deb', 'gamma_2.0_amd64.deb'] };

  it.each<[string, string, Run, Run]>([
    ['an upgrade of another package', 'not_looked', conflict, { choice: only('alpha'), packages: ['alpha'] }],
    ['an upgrade of that package', 'gone', conflict, { choice: only('beta'), packages: ['beta'] }],
    ['one that brings it along', 'gone', conflict, { choice: only('alpha'), packages: ['alpha', 'beta'] }],
    ['an upgrade of everything', 'gone', conflict, { packages: ['alpha', 'beta'] }],
    ['an upgrade of everything whose packages nobody knows', 'gone', conflict, {}],
    ['an upgrade of everything that never had it', 'not_looked', conflict, { packages: ['alpha'] }],
    ['one of everything that left another', 'not_looked', conflict, { status: 'warning', untouched: ['alpha'] }],
    ['one that found room', 'gone', { error: 'no_space', subjects: ['/var'] }, { packages: ['alpha'] }],
    ['an upgrade of everything that left it', 'not_looked', conflict, { status: 'warning', untouched: ['beta'] }],
    ['one that left the package', 'not_looked', conflict, { choice: only('alpha'), untouched: ['beta'] }],
    ['one of several', 'not_looked', conflicts, { choice: only('gamma'), packages: ['gamma'] }],
    ['one of several, the first', 'not_looked', conflicts, { choice: only('beta'), packages: ['beta'] }],
    ['all of several', 'gone', conflicts, { choice: only('alpha'), packages: ['beta', 'gamma'] }],
    ['a narrower mode', 'not_looked', conflict, { choice: { ...ALL, mode: 'upgrade' } }],
    ['a wider mode', 'gone', conflict, { choice: { ...ALL, mode: 'dist_upgrade' } }],
    ['security alone', 'not_looked', conflict, { choice: { ...ALL, scope: 'security' } }],
    ['a choice that nobody can read', 'not_looked', conflict, { choice: null }],
    ['a run that failed elsewhere', 'not_looked', conflict, { choice: only('alpha'), error: 'no_space' }],
    ['as wide a run that failed elsewhere', 'unclear', conflict, { error: 'no_space' }],
    ['a narrow run that met it', 'there', conflict, { choice: only('alpha'), ...conflict }],
    ['all of the chosen, and more', 'gone', { ...conflict, choice: only('beta') }, { choice: only('alpha', 'beta') }],
    ['everything after a choice', 'gone', { ...conflict, choice: only('beta') }, {}],
    ['whatever takes the lock', 'gone', { error: 'apt_lock_busy' }, { choice: only('alpha') }],
  ])('after %s: %s', async (_what, verdict, met, later) => {
    const since = await run(met);
    await run(later);
    expect(await standing(met.error ?? '', 'apt_upgrade', since)).toMatchObject({ verdict });
  });

  it.each<[string, Run, string]>([
    ['a plan of everything, which would only keep it back', { choice: ALL }, 'not_looked'],
    ['a plan of the same packages', { choice: only('beta') }, 'gone'],
  ])('what apt refused of named packages is told by no wider plan: %s', async (_what, later, verdict) => {
    const since = await run({ kind: 'apt_upgrade_plan', choice: only('beta'), error: 'held_broken' });
    await run({ kind: 'apt_upgrade_plan', ...later });
    expect(await standing('held_broken', 'apt_upgrade_plan', since)).toMatchObject({ verdict });
  });

  const script = { error: 'maintainer_script_failed', subjects: ['beta'] };
  it.each<[string, Run, string]>([
    ['dpkg took its steps back', { states: { beta: 'installed' } }, 'not_looked'],
    ['dpkg is at the package still', { states: { beta: 'half-configured' } }, 'gone'],
    [
      'its audit names the package',
      { states: { beta: null }, audit: ['Not configured:', ' beta:amd64  A package'] },
      'gone',
    ],
    [
      'its audit names another one',
      { states: { beta: null }, audit: ['Not configured:', ' alpha  beta'] },
      'not_looked',
    ],
    [
      'one of two was taken back',
      { subjects: ['beta', 'gamma'], states: { beta: 'unpacked', gamma: 'installed' } },
      'not_looked',
    ],
  ])('a script that failed is told by an analysis only where it left something: %s', async (_what, left, verdict) => {
    for (const error of ['maintainer_script_failed', 'container_refused']) {
      const since = await run({ ...script, error, ...left });
      await analysis('skipped');
      expect(await standing(error, 'apt_upgrade', since)).toMatchObject({
        verdict,
        verifiedBy: verdict === 'gone' ? 'apt_update_analyze' : 'apt_upgrade',
      });
    }
  });

  it('a script that left nothing is there while upgrades meet it, and gone by one that brings its package', async () => {
    const since = await run({ ...script, states: { beta: 'installed' } });
    await run({ ...script, states: { beta: 'installed' } });
    await analysis('refreshed');
    expect(await standing(script.error, 'apt_upgrade', since)).toMatchObject({ verdict: 'there' });
    await run({ choice: only('beta'), packages: ['beta'] });
    await analysis('refreshed');
    expect(await standing(script.error, 'apt_upgrade', since)).toMatchObject({
      verdict: 'gone',
      verifiedBy: 'apt_upgrade',
    });
  });

  it('an error of a repair is told by the next repair', async () => {
    const since = await run({ kind: 'apt_repair', choice: null, ...conflict });
    await run({ choice: only('alpha') });
    const before = await standing('file_conflict', 'apt_repair', since);
    expect(before).toMatchObject({ verdict: 'not_looked', verifiedBy: 'apt_repair' });
    await run({ kind: 'apt_repair', choice: null });
    const after = await standing('file_conflict', 'apt_repair', since);
    expect(after).toMatchObject({ verdict: 'gone', verifiedBy: 'apt_repair' });
  });

  it.each(['apt_repair', 'apt_hold', 'apt_autoremove'])('a lock that %s met is told by the next one', async (kind) => {
    const since = await run({ kind, choice: null, error: 'apt_lock_busy' });
    await run({ kind, choice: null });
    expect(await standing('apt_lock_busy', kind, since)).toMatchObject({ verdict: 'gone', verifiedBy: kind });
  });

  it.each<[string, 'vm' | 'proxmox_host', UpgradeParameters, UpgradeParameters, string]>([
    ['as wide', 'vm', UNSAID, UNSAID, 'gone'],
    ['as wide as the usual one', 'vm', ALL, UNSAID, 'gone'],
    ['narrower than the one of before', 'vm', { ...ALL, mode: 'dist_upgrade' }, UNSAID, 'not_looked'],
    ['as wide as can be', 'proxmox_host', { ...ALL, mode: 'dist_upgrade' }, UNSAID, 'gone'],
  ])('an upgrade whose mode nobody chose is %s on a %s', async (_what, machine, met, later, verdict) => {
    await dataSource.query('UPDATE machines SET machine_kind = $2 WHERE id = $1', [machineId, machine]);
    const since = await run({ choice: met, ...conflict });
    await run({ choice: later });
    expect(await standing('file_conflict', 'apt_upgrade', since)).toMatchObject({ verdict });
  });

  it.each<[string, string, string, Run, string]>([
    ['the machine is worked on again', 'unreachable', 'reboot', {}, 'gone'],
    ['apt fails there', 'sudo_password', 'apt_upgrade', { error: 'no_space' }, 'gone'],
    ['the same is met again', 'sudo_password', 'reboot', { error: 'sudo_password' }, 'there'],
    ['it comes further', 'auth_failed', 'reboot', { error: 'sudo_tty' }, 'gone'],
    ['it comes less far', 'sudo_tty', 'reboot', { error: 'auth_failed' }, 'not_looked'],
    ['something answers that is no SSH server', 'unreachable', 'reboot', { error: 'protocol' }, 'not_looked'],
    ['it closes during the login', 'auth_failed', 'reboot', { error: 'connection_lost' }, 'not_looked'],
    ['nothing begins there', 'sudo_policy', 'reboot', { error: 'timeout_first_byte' }, 'not_looked'],
    ['it is signed in, and nothing begins', 'auth_failed', 'reboot', { error: 'timeout_first_byte' }, 'gone'],
    ['what began there hangs', 'sudo_policy', 'reboot', { error: 'timeout_progress' }, 'gone'],
    [
      'it does not come back from a restart',
      'unreachable',
      'reboot',
      { kind: 'reboot', choice: null, error: 'reboot_not_back' },
      'not_looked',
    ],
    ['another run ends well', 'timeout_progress', 'apt_upgrade', { kind: 'apt_repair', choice: null }, 'not_looked'],
    ['the same run ends well', 'timeout_progress', 'apt_upgrade', {}, 'gone'],
    ['another action ends well', 'inhibited', 'reboot', {}, 'not_looked'],
    ['a restart ends well', 'inhibited', 'reboot', { kind: 'reboot', choice: null }, 'gone'],
    [
      'a backup was met again',
      'backup_running',
      'reboot',
      { kind: 'reboot', choice: null, error: 'backup_running' },
      'there',
    ],
    ['the restart that met a backup ends well', 'backup_running', 'reboot', { kind: 'reboot', choice: null }, 'gone'],
    ['something else ends well', 'backup_running', 'reboot', {}, 'not_looked'],
    ['a cluster lets its host go', 'cluster_not_ready', 'reboot', { kind: 'reboot', choice: null }, 'gone'],
    ['a silent machine is worked on', 'reboot_not_back', 'reboot', { error: 'no_space' }, 'gone'],
    ['a silent machine stays silent', 'reboot_not_back', 'reboot', { error: 'unreachable' }, 'not_looked'],
    [
      'it is silent again',
      'reboot_not_back',
      'reboot',
      { kind: 'reboot', choice: null, error: 'reboot_not_back' },
      'there',
    ],
  ])('of connecting or restarting, once %s: %s', async (_what, kind, by, later, verdict) => {
    const since = await run({ kind: 'apt_repair', choice: null, error: 'no_space' });
    expect(await standing(kind, by, since)).toMatchObject({ verdict: 'not_looked', lookedAt: null });
    const lookedAt = await run(later);
    expect(await standing(kind, by, since)).toMatchObject({
      kind,
      verdict,
      verifiedBy: ['inhibited', 'backup_running', 'cluster_not_ready'].includes(kind) ? 'reboot' : 'machine_probe',
      lookedAt: verdict === 'not_looked' ? null : lookedAt,
    });
  });

  it('a refused login is gone once somebody was signed in, a refused sudo not by that', async () => {
    const since = await run({ error: 'auth_failed' });
    const seen = new Date(since.getTime() + 1000);
    await dataSource.query('UPDATE machines SET last_seen_at = $2 WHERE id = $1', [machineId, seen]);
    const found = await looks.standings(
      machineId,
      ['sudo_policy', 'auth_failed', 'reboot_not_back', 'file_conflict'],
      'apt_upgrade',
      since,
    );
    expect(found).toMatchObject([
      { kind: 'sudo_policy', verdict: 'not_looked' },
      { kind: 'auth_failed', verdict: 'gone', lookedAt: seen },
      { kind: 'reboot_not_back', verdict: 'gone', verifiedBy: 'machine_probe', lookedAt: seen },
      { kind: 'file_conflict', verdict: 'not_looked' },
    ]);
  });

  it.each<[string, Partial<AptUpdateAnalyze['reboot']>, string]>([
    ['runs the newest', { running_kernel: '6.1.0-42-amd64', expected_kernel: '6.1.0-42-amd64' }, 'gone'],
    ['still runs the old one', { running_kernel: '6.1.0-41-amd64', expected_kernel: '6.1.0-42-amd64' }, 'there'],
    ['cannot be read', { running_kernel: '6.1.0-41-amd64', expected_kernel: null }, 'not_looked'],
  ])('an old kernel is told by an analysis of a machine that %s', async (_what, reboot, verdict) => {
    const since = await run({ kind: 'reboot', choice: null, error: 'reboot_old_kernel' });
    await analysis('skipped', [], reboot);
    expect(await standing('reboot_old_kernel', 'reboot', since)).toMatchObject({
      verdict,
      verifiedBy: 'apt_update_analyze',
    });
    await run({ kind: 'reboot', choice: null });
    expect(await standing('reboot_old_kernel', 'reboot', since)).toMatchObject({
      verdict: 'gone',
      verifiedBy: 'reboot',
    });
  });

  it('a run that was cancelled takes back nothing', async () => {
    const since = await run(conflict);
    await run({});
    await run({ status: 'cancelled' });
    expect(await standing('file_conflict', 'apt_upgrade', since)).toMatchObject({ verdict: 'gone' });
  });

  it('an analysis that fetches no lists takes back nothing of them', async () => {
    const since = START;
    await analysis('refreshed');
    await analysis('skipped');
    await analysis('skipped');
    const found = await looks.standings(machineId, ['repo_404', 'packages_broken'], 'apt_update_analyze', since);
    const [lists, packages] = found.map(({ verdict, lookedAt }) => [verdict, lookedAt?.getTime()]);
    expect(lists).toEqual(['gone', START.getTime() + 60_000]);
    expect(packages).toEqual(['gone', START.getTime() + 180_000]);
    await analysis('failed', ['repo_404']);
    await analysis('skipped');
    expect(await standing('repo_404', 'apt_update_analyze', since)).toMatchObject({ verdict: 'there' });
  });

  it.each(['no_space', 'held_broken'])('%s that an analysis met is told by the next one', async (kind) => {
    await analysis('failed', [kind]);
    const since = new Date(START.getTime() + 60_000);
    expect(await standing(kind, 'apt_update_analyze', since)).toMatchObject({
      verdict: 'not_looked',
      verifiedBy: 'apt_update_analyze',
    });
    await analysis('failed', [kind]);
    expect(await standing(kind, 'apt_update_analyze', since)).toMatchObject({ verdict: 'there' });
    await analysis('refreshed');
    expect(await standing(kind, 'apt_update_analyze', since)).toMatchObject({
      verdict: 'gone',
      verifiedBy: 'apt_update_analyze',
    });
  });
});
