import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { TransactionRunner } from '../../kernel/database/transaction';
import { MachineState, type MachineStatePatch } from './machine-state';
import { MachinesModule } from './machines.module';

/** Whose error the state tells, and who may take it back. */
describe('the last error of a machine', () => {
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

  const patch = (change: MachineStatePatch) =>
    test.app.get(TransactionRunner).run((tx) => {
      test.app.get(MachineState).patch(tx, id, change);
      return Promise.resolve();
    });
  const lastError = async () =>
    ((await test.as('viewer').get(`/machines/${id}`)).body as { lastError: { kind: string } | null }).lastError?.kind ??
    null;
  const failed = { lastErrorKind: 'dpkg_interrupted', lastErrorMessage: 'dpkg was interrupted.' };

  it('stays when another action goes well, and goes when its own does', async () => {
    await patch({ ...failed, lastErrorAction: 'apt_update_analyze' });
    await patch({ settles: 'machine_probe' });
    expect(await lastError()).toBe('dpkg_interrupted');
    await patch({ settles: 'apt_update_analyze' });
    expect(await lastError()).toBeNull();
  });

  it('of connecting goes when anything goes well', async () => {
    await patch({ lastErrorKind: 'auth_refused', lastErrorMessage: 'The sign-in was refused.' });
    await patch({ settles: 'machine_probe' });
    expect(await lastError()).toBeNull();
  });

  it('is that of the newest, whoever had one before', async () => {
    await patch({ ...failed, lastErrorAction: 'apt_update_analyze' });
    await patch({ lastErrorKind: 'unreachable', lastErrorMessage: 'Nobody answers.' });
    await patch({ settles: 'machine_probe' });
    expect(await lastError()).toBeNull();
  });
});
