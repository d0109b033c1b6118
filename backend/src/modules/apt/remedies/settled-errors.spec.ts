import { addMachine } from '../../../../test/support/machine-samples';
import { createTestApp, type TestApp } from '../../../../test/support/test-app';
import { TransactionRunner } from '../../../kernel/database/transaction';
import { MachineState, type MachineStatePatch } from '../../machines/machine-state';
import { MachinesModule } from '../../machines/machines.module';
import type { MachineDetailDto } from '../../machines/dto/machine-detail.dto';
import { analyseApt } from '../analysis/analyse';
import { statePatchOf } from '../apt-verdict';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import { loadFixture } from '../fixtures/load-fixture';
import { settledByAnalysis, SETTLED_BY_REPAIR } from './settled-errors';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const analysed = (state: string) => analyseApt(loadFixture('trixie', state), { measuredAt });

/** A machine that has failed, and what is found of it later. */
describe('a failed machine', () => {
  let test: TestApp;
  let id: string;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule] });
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    id = await addMachine(test.as('operator'), 'web-1');
  });

  const patch = (...changes: MachineStatePatch[]) =>
    test.app.get(TransactionRunner).run((tx) => {
      for (const change of changes) test.app.get(MachineState).patch(tx, id, change);
      return Promise.resolve();
    });
  const fails = (action: string, kind: string) =>
    patch({ lastErrorKind: kind, lastErrorMessage: 'It failed.', lastErrorAction: action });
  const analysis = (document: AptUpdateAnalyze) =>
    patch(
      { ...statePatchOf(document, measuredAt), settlesErrors: settledByAnalysis(document) },
      document.status === 'error' ? {} : { settles: 'apt_update_analyze' },
    );
  const machine = async () => (await test.as('viewer').get(`/machines/${id}`)).body as MachineDetailDto;

  it.each(['apt_upgrade', 'apt_autoremove'])('is none any more once the repair of its %s went well', async (action) => {
    await fails(action, 'interrupted');
    expect(await machine()).toMatchObject({ need: 'failed' });
    await patch({ settlesErrors: SETTLED_BY_REPAIR }, { settles: 'apt_repair' });
    expect(await machine()).toMatchObject({ lastError: null, need: 'unknown' });
  });

  it('stays one after a repair where something else had failed', async () => {
    await fails('service_restart', 'units_failed');
    await patch({ settlesErrors: SETTLED_BY_REPAIR }, { settles: 'apt_repair' });
    expect(await machine()).toMatchObject({ need: 'failed', lastError: { kind: 'units_failed' } });
  });

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
