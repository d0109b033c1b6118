import { goldenExample } from '../../../../test/support/golden-examples';
import { insertRow } from '../../../../test/support/insert-row';
import { addMachine } from '../../../../test/support/machine-samples';
import { createTestApp, type TestApp } from '../../../../test/support/test-app';
import { Contracts } from '../../../kernel/contracts/contracts';
import { newId } from '../../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../../kernel/database/transaction';
import { parametersContract } from '../../jobs/contracts/job-parameters';
import { JobsReader } from '../../jobs/jobs.reader';
import { MachineState, type MachineStatePatch } from '../../machines/machine-state';
import { MachinesModule } from '../../machines/machines.module';
import type { MachineDetailDto } from '../../machines/dto/machine-detail.dto';
import { analyseApt } from '../analysis/analyse';
import { statePatchOf } from '../apt-verdict';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { APT_UPGRADE_RESULT, type AppliedPackage, type AptUpgradeResult } from '../contracts/apt-upgrade-result.v5';
import type { PackageState } from '../parsers/dpkg';
import { UPGRADE_PARAMETERS } from '../upgrade/upgrade-parameters';
import { loadFixture } from '../fixtures/load-fixture';
import { packageOf, type Choice } from './tried';
import { Attempts } from './attempts';
import { settledByBoot } from './settled-errors';
import { Settlements } from './settlements';

const ALL: Choice = { mode: 'upgrade_with_new', scope: 'all', packages: [] };
const only = (...packages: string[]): Choice => ({ ...ALL, scope: 'packages', packages });
const GOLDEN = goldenExample('apt_upgrade_result', 5) as AptUpgradeResult;
const measuredAt = new Date('2026-11-23T12:00:00Z');
const analysed = (state: string) => analyseApt(loadFixture('trixie', state), { measuredAt });

interface Failing {
  readonly state?: PackageState;
  readonly choice?: Choice;
  /** What else the run met. */
  readonly besides?: readonly { readonly kind: string; readonly subject: string }[];
}

/** A machine that has failed, and what is found of it later. */
describe('a failed machine', () => {
  let test: TestApp;
  let id: string;

  let settlements: Settlements;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule] });
    const contracts = test.app.get(Contracts);
    contracts.register(APT_UPGRADE_RESULT);
    for (const name of ['apt_upgrade', 'apt_download'])
      contracts.register(parametersContract({ name, parameters: UPGRADE_PARAMETERS } as never));
    const parameters = { type: 'object', properties: { units: { type: 'array' } } };
    contracts.register(parametersContract({ name: 'service_restart', parameters } as never));
    const attempts = new Attempts(test.dataSource, contracts, new JobsReader(test.dataSource, contracts));
    settlements = new Settlements(test.app.get(MachineState), attempts);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    id = await addMachine(test.as('operator'), 'web-1');
  });

  /** The end of a job: what its action tells, and what every good end does. */
  const ends = (settles: string | null, tells: (tx: Transaction) => Promise<void>, more: MachineStatePatch = {}) =>
    test.app.get(TransactionRunner).run(async (tx) => {
      test.app.get(MachineState).patch(tx, id, more);
      await tells(tx);
      test.app.get(MachineState).patch(tx, id, { settles });
    });
  const repair = () => ends('apt_repair', (tx) => settlements.byRepair(tx, id));
  const analysis = (document: AptUpdateAnalyze) =>
    ends(
      document.status === 'error' ? null : 'apt_update_analyze',
      (tx) => settlements.byAnalysis(tx, id, document),
      statePatchOf(document, measuredAt),
    );
  const upgrade = (choice: Choice, packages: readonly Partial<AppliedPackage>[] = []) =>
    ends(null, (tx) => settlements.byUpgrade(tx, id, choice, packages as AppliedPackage[]));

  const fails = (action: string, kind: string, more: MachineStatePatch = {}) =>
    test.app.get(TransactionRunner).run((tx) => {
      const error = { lastErrorKind: kind, lastErrorMessage: 'It failed.', lastErrorAction: action, ...more };
      test.app.get(MachineState).patch(tx, id, error);
      return Promise.resolve();
    });

  /** An upgrade of everything that failed at beta, which dpkg left in a state. */
  const failsAtBeta = (kind: string, state: PackageState) => failsAt('beta', kind, { state });

  async function failsAt(
    subject: string,
    kind: string,
    { state = 'installed', choice = ALL, besides = [] }: Failing = {},
  ): Promise<void> {
    const jobId = newId();
    const of = { id: jobId, machine_id: id, started_at: measuredAt, finished_at: measuredAt, error_kind: kind };
    await insertRow(test.dataSource, 'jobs', {
      ...of,
      kind: 'apt_upgrade',
      status: 'error',
      created_at: measuredAt,
      payload_json: JSON.stringify({ schema_version: 1, parameters: choice }),
    });
    const error = { severity: 'error', message: 'It failed.', important_lines: [], remediation: 'Mend it.' };
    const [entry] = GOLDEN.packages ?? [];
    await insertRow(test.dataSource, 'executions', {
      ...of,
      action: 'apt_upgrade',
      mode: 'manual',
      status: 'error',
      result_json: JSON.stringify({
        ...GOLDEN,
        errors: [{ kind, subject }, ...besides].map((one) => ({ ...error, ...one })),
        packages: [{ ...entry, name: subject, state }],
      }),
      job_id: jobId,
    });
    const furtherErrors = besides.map((one) => ({
      ...one,
      subject: packageOf(one.subject),
      message: 'It failed, too.',
    }));
    await fails('apt_upgrade', kind, { lastErrorJobId: jobId, lastErrorSubject: packageOf(subject), furtherErrors });
  }
  const lastKind = async () => (await machine()).lastError?.kind ?? null;
  const machine = async () => (await test.as('viewer').get(`/machines/${id}`)).body as MachineDetailDto;

  it.each(['apt_upgrade', 'apt_autoremove'])('is none any more once the repair of its %s went well', async (action) => {
    await fails(action, 'interrupted');
    expect(await machine()).toMatchObject({ need: 'failed' });
    await repair();
    expect(await machine()).toMatchObject({ lastError: null, need: 'unknown' });
  });

  it('stays one after a repair where something else had failed', async () => {
    await fails('service_restart', 'units_failed');
    await repair();
    expect(await machine()).toMatchObject({ need: 'failed', lastError: { kind: 'units_failed' } });
  });

  it.each(['file_conflict', 'no_space', 'deb_404'])('stays one with %s of an upgrade after a repair', async (kind) => {
    await fails('apt_upgrade', kind);
    await repair();
    expect(await machine()).toMatchObject({ need: 'failed', lastError: { kind } });
  });

  it.each<[string, PackageState, boolean]>([
    ['dpkg took its steps back', 'installed', false],
    ['dpkg has its package to finish', 'half-configured', true],
  ])('with a script that failed is settled by whole packages only where %s', async (_what, state, settled) => {
    await failsAtBeta('maintainer_script_failed', state);
    await analysis(analysed('security'));
    expect(await lastKind()).toBe(settled ? null : 'maintainer_script_failed');
    await failsAtBeta('container_refused', state);
    await repair();
    expect(await lastKind()).toBe(settled ? null : 'container_refused');
  });

  it.each<[string, Choice, Partial<AppliedPackage>[], boolean]>([
    ['of another package', only('alpha'), [{ name: 'alpha', operation: 'upgraded' }], false],
    ['that left the package', ALL, [{ name: 'beta', operation: 'unchanged' }], false],
    ['of that package', only('beta'), [{ name: 'beta', operation: 'upgraded' }], true],
    ['that brought it along', only('alpha'), [{ name: 'beta', operation: 'upgraded' }], true],
    ['of everything', ALL, [{ name: 'beta', operation: 'upgraded' }], true],
    ['of everything, which it was not part of', ALL, [{ name: 'alpha', operation: 'upgraded' }], false],
  ])('stays one, or not, after a good upgrade %s', async (_what, choice, packages, settled) => {
    await failsAtBeta('file_conflict', 'installed');
    await upgrade(choice, packages);
    expect(await lastKind()).toBe(settled ? null : 'file_conflict');
    await failsAtBeta('maintainer_script_failed', 'installed');
    await upgrade(choice, packages);
    expect(await lastKind()).toBe(settled ? null : 'maintainer_script_failed');
  });

  const alpha = [{ name: 'alpha', operation: 'upgraded' }] as const;
  const beta = [{ name: 'beta', operation: 'upgraded' }] as const;

  it.each<[string, Choice, string | null]>([
    ['everything', ALL, null],
    ['something else', only('alpha'), 'deb_404'],
  ])('whose download failed is none any more only once an upgrade of %s went well', async (_what, choice, left) => {
    const jobId = newId();
    await insertRow(test.dataSource, 'jobs', {
      id: jobId,
      machine_id: id,
      kind: 'apt_download',
      status: 'error',
      error_kind: 'deb_404',
      created_at: measuredAt,
      finished_at: measuredAt,
      payload_json: JSON.stringify({ schema_version: 1, parameters: ALL }),
    });
    await fails('apt_download', 'deb_404', { lastErrorJobId: jobId });
    await upgrade(choice, alpha);
    expect(await lastKind()).toBe(left);
    await analysis(analysed('clean'));
    expect(await lastKind()).toBeNull();
  });

  const download = (choice: Choice, ...fetched: string[]) =>
    ends(null, (tx) => settlements.byDownload(tx, id, choice, new Set(fetched)));
  const subjects = async () => {
    const sql = 'SELECT kind, subject FROM machine_errors WHERE machine_id = $1 ORDER BY place';
    const rows = await test.dataSource.query<{ kind: string; subject: string }[]>(sql, [id]);
    return rows.map(({ kind, subject }) => `${kind} ${subject}`.trim());
  };

  /** Of a machine that has failed by this job, which ended with these errors. */
  async function failsIn(kind: string, parameters: object, error: MachineStatePatch & { lastErrorKind: string }) {
    const jobId = newId();
    await insertRow(test.dataSource, 'jobs', {
      id: jobId,
      machine_id: id,
      kind,
      status: 'error',
      error_kind: error.lastErrorKind,
      created_at: measuredAt,
      finished_at: measuredAt,
      payload_json: JSON.stringify({ schema_version: 1, parameters }),
    });
    await fails(kind, error.lastErrorKind, { ...error, lastErrorJobId: jobId });
  }

  it('is settled by a download of what it speaks of alone', async () => {
    const furtherErrors = [{ kind: 'deb_404', message: 'It failed.', subject: 'gamma' }];
    await failsIn('apt_download', ALL, { lastErrorKind: 'deb_404', lastErrorSubject: 'beta', furtherErrors });
    await failsIn('apt_download', ALL, { lastErrorKind: 'timeout_total' });
    await fails('apt_upgrade', 'no_space');
    await download(only('alpha'), 'alpha');
    expect(await subjects()).toEqual(['deb_404 gamma', 'deb_404 beta', 'timeout_total', 'no_space']);
    await download(only('beta'), 'beta');
    expect(await subjects()).toEqual(['deb_404 gamma', 'timeout_total', 'no_space']);
    await download(ALL, 'alpha');
    expect(await subjects()).toEqual(['no_space']);
  });

  const restart = (well: boolean, ...restarted: string[]) =>
    ends(null, (tx) => settlements.byRestart(tx, id, restarted, well));

  it('is settled by a restart of the services that it speaks of alone', async () => {
    const furtherErrors = [{ kind: 'service_not_restarted', message: 'It failed.', subject: 'b.service' }];
    await fails('service_restart', 'service_failed', { lastErrorSubject: 'a.service', furtherErrors });
    const units = ['b.service', 'c.service'];
    await failsIn('service_restart', { units }, { lastErrorKind: 'interrupted' });
    await fails('service_restart', 'worker_lost');
    await restart(false, 'a.service', 'c.service');
    expect(await subjects()).toEqual(['service_not_restarted b.service', 'interrupted', 'worker_lost']);
    await restart(true, 'c.service');
    expect(await subjects()).toEqual(['service_not_restarted b.service', 'interrupted']);
    await restart(true, 'c.service', 'b.service');
    expect(await subjects()).toEqual([]);
  });

  it.each<[string, readonly string[] | null, string | null]>([
    ['service_failed', [], null],
    ['service_failed', ['nginx.service'], 'service_failed'],
    ['service_failed', null, 'service_failed'],
    ['service_not_restarted', ['nginx.service'], null],
  ])('with %s is settled by a restart after which these have failed: %j', async (kind, failed, left) => {
    await fails('service_restart', kind);
    await ends(null, (tx) => {
      test.app.get(MachineState).patch(tx, id, { settlesErrors: settledByBoot(failed) });
      return Promise.resolve();
    });
    expect(await lastKind()).toBe(left);
  });

  it.each<[string, string[] | null, boolean]>([
    ['service_not_restarted', [], true],
    ['service_not_restarted', ['nginx.service'], false],
    ['service_not_restarted', null, false],
    ['service_failed', [], false],
  ])('with %s by an analysis after which needrestart names %j: settled %s', async (kind, services, settled) => {
    await fails('service_restart', kind);
    const found = analysed('clean');
    await analysis({ ...found, reboot: { ...found.reboot, services } });
    expect(await lastKind()).toBe(settled ? null : kind);
  });

  it('stays one of an upgrade when the next one fails otherwise, and that goes well', async () => {
    await failsAt('beta', 'file_conflict');
    await failsAt('alpha', 'deb_404', { choice: only('alpha') });
    expect(await lastKind()).toBe('deb_404');
    await upgrade(only('alpha'), alpha);
    expect(await lastKind()).toBe('file_conflict');
    await upgrade(only('beta'), beta);
    expect(await lastKind()).toBeNull();
  });

  it('stays one of an upgrade when the next one is cut off, and that is repaired', async () => {
    await failsAt('beta', 'file_conflict');
    await fails('apt_upgrade', 'worker_lost');
    await repair();
    expect(await lastKind()).toBe('file_conflict');
  });

  it('stays one with every error of its run until each is settled', async () => {
    await failsAt('alpha', 'file_conflict', { besides: [{ kind: 'archive_refused', subject: 'beta_2.0_amd64.deb' }] });
    await upgrade(only('alpha'), alpha);
    expect(await lastKind()).toBe('archive_refused');
    await upgrade(only('beta'), beta);
    expect(await lastKind()).toBeNull();
  });

  it('stays one with every error of a class until what it is about is mended', async () => {
    await failsAt('beta', 'file_conflict');
    await failsAt('gamma', 'file_conflict');
    await upgrade(only('gamma'), [{ name: 'gamma', operation: 'upgraded' }]);
    expect(await lastKind()).toBe('file_conflict');
    await upgrade(only('beta'), beta);
    expect(await lastKind()).toBeNull();
  });

  it('stays one with every error of a class that one run met', async () => {
    await failsAt('beta', 'deb_404', { besides: [{ kind: 'deb_404', subject: 'gamma_2.0_amd64.deb' }] });
    await upgrade(only('gamma'), [{ name: 'gamma', operation: 'upgraded' }]);
    expect(await lastKind()).toBe('deb_404');
    await upgrade(only('beta'), beta);
    expect(await lastKind()).toBeNull();
  });

  it('is settled by whole packages where dpkg had them to finish, beside one whose steps it took back', async () => {
    await failsAt('beta', 'maintainer_script_failed', { state: 'half-configured' });
    await failsAt('gamma', 'maintainer_script_failed', { state: 'installed' });
    await analysis(analysed('security'));
    const rows = 'SELECT subject FROM machine_errors WHERE machine_id = $1';
    expect(await test.dataSource.query(rows, [id])).toEqual([{ subject: 'gamma' }]);
  });

  it.each(['interrupted', 'timeout_total', 'dpkg_interrupted'])(
    'is none any more with %s once any upgrade went well',
    async (kind) => {
      await failsAtBeta(kind, 'installed');
      await upgrade(only('alpha'));
      expect(await lastKind()).toBeNull();
    },
  );

  it.each<[string, string, string, boolean]>([
    ['interrupted', 'apt_upgrade', 'security', true],
    ['interrupted', 'apt_upgrade', 'half-configured', false],
    ['interrupted', 'apt_upgrade', 'interrupted', false],
    ['maintainer_script_failed', 'apt_upgrade', 'security', true],
    ['no_space', 'apt_upgrade', 'security', false],
    ['no_space', 'apt_upgrade', 'clean', true],
    ['apt_lock_busy', 'apt_hold', 'clean', true],
    ['units_failed', 'service_restart', 'clean', false],
  ])('with %s of %s, by an analysis of a machine like %s: settled %s', async (kind, action, state, settled) => {
    await fails(action, kind);
    await analysis(analysed(state));
    const { lastError } = await machine();
    expect(lastError?.kind ?? null).toBe(settled ? null : kind);
  });

  const kernel = { state: 'needed', running_kernel: '6.12.1-amd64', expected_kernel: '6.12.1-amd64' } as const;
  it.each<[string, Partial<AptUpdateAnalyze['reboot']>, boolean]>([
    ['reboot_old_kernel', kernel, true],
    ['reboot_old_kernel', { ...kernel, expected_kernel: '6.12.2-amd64' }, false],
    ['reboot_old_kernel', { ...kernel, state: 'cannot_tell', expected_kernel: null }, false],
    ['reboot_not_done', kernel, false],
    ['reboot_not_done', { state: 'not_needed' }, true],
  ])('with %s is settled by an analysis that finds %j: %s', async (kind, reboot, settled) => {
    await fails('reboot', kind);
    const found = analysed('clean');
    await analysis({ ...found, reboot: { ...found.reboot, ...reboot } });
    const { lastError } = await machine();
    expect(lastError?.kind ?? null).toBe(settled ? null : kind);
  });
});
