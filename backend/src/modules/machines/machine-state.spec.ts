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

  const unreachable = { lastErrorKind: 'unreachable', lastErrorMessage: 'Nobody answers.' };

  it('is that of the newest, and what it came upon is told again once that is settled', async () => {
    await patch({ ...failed, lastErrorAction: 'apt_upgrade' });
    await patch(unreachable);
    expect(await lastError()).toBe('unreachable');
    await patch({ settles: 'machine_probe' });
    expect(await lastError()).toBe('dpkg_interrupted');
    await patch({ settles: 'apt_upgrade' });
    expect(await lastError()).toBeNull();
  });

  it('makes it failed while its connection is broken, too', async () => {
    const need = async () => ((await test.as('viewer').get(`/machines/${id}`)).body as { need: string }).need;
    await patch(unreachable);
    expect(await need()).not.toBe('failed');
    await patch({ ...failed, lastErrorAction: 'apt_upgrade' });
    await patch(unreachable);
    expect([await need(), await lastError()]).toEqual(['failed', 'unreachable']);
    await patch({ runningJobId: null });
    expect(await need()).toBe('failed');
  });

  it('of one action is not settled by what came after it and went well', async () => {
    await patch({ lastErrorKind: 'file_conflict', lastErrorMessage: 'A file.', lastErrorAction: 'apt_upgrade' });
    await patch({ lastErrorKind: 'reboot_old_kernel', lastErrorMessage: 'Old.', lastErrorAction: 'reboot' });
    await patch(unreachable);
    await patch({ settlesErrors: [{ only: ['unreachable', 'auth_failed'] }] });
    expect(await lastError()).toBe('reboot_old_kernel');
    await patch({ settles: 'reboot' });
    expect(await lastError()).toBe('file_conflict');
  });

  it('of one action is the newest of that, and does not make those of other classes forgotten', async () => {
    await patch({ ...failed, lastErrorAction: 'apt_upgrade' });
    await patch({ lastErrorKind: 'no_space', lastErrorMessage: 'Full.', lastErrorAction: 'apt_upgrade' });
    expect(await lastError()).toBe('no_space');
    await patch({ settlesErrors: [{ actions: ['apt_upgrade'], only: ['no_space'] }] });
    expect(await lastError()).toBe('dpkg_interrupted');
    await patch({ settlesErrors: [{ actions: ['apt_upgrade'], only: ['dpkg_interrupted'] }] });
    expect(await lastError()).toBeNull();
  });

  it('of one class stands for each thing that it is about', async () => {
    const conflict = { lastErrorKind: 'file_conflict', lastErrorAction: 'apt_upgrade' };
    for (const [subject, message] of [
      ['beta', 'First.'],
      ['gamma', 'Second.'],
      ['beta', 'Third.'],
    ] as const)
      await patch({ ...conflict, lastErrorSubject: subject, lastErrorMessage: message });
    const rows = 'SELECT subject, message FROM machine_errors WHERE machine_id = $1 ORDER BY place';
    expect(await test.dataSource.query(rows, [id])).toEqual([
      { subject: 'gamma', message: 'Second.' },
      { subject: 'beta', message: 'Third.' },
    ]);
    await patch({ settlesErrors: [{ only: ['file_conflict'], about: ['beta', null] }] });
    expect(await lastError()).toBe('file_conflict');
    await patch({ settlesErrors: [{ spares: [{ kind: 'file_conflict', subject: 'gamma' }] }] });
    expect(await lastError()).toBe('file_conflict');
    await patch({ settlesErrors: [{ about: ['gamma'] }] });
    expect(await lastError()).toBeNull();
  });

  it('of a job that met several is the one that it is told by, and after that the others', async () => {
    const furtherErrors = [{ kind: 'archive_refused', message: 'Refused.' }];
    await patch({ ...failed, lastErrorAction: 'apt_upgrade', furtherErrors });
    expect(await lastError()).toBe('dpkg_interrupted');
    await patch({ settlesErrors: [{ only: ['dpkg_interrupted'] }] });
    expect(await lastError()).toBe('archive_refused');
  });

  it('of connecting is the newest alone', async () => {
    await patch({ lastErrorKind: 'auth_failed', lastErrorMessage: 'Refused.' });
    await patch(unreachable);
    await patch({ settlesErrors: [{ only: ['unreachable'] }] });
    expect(await lastError()).toBeNull();
  });

  it('of connecting goes alone where a run tells of its own', async () => {
    await patch({ ...failed, lastErrorAction: 'apt_upgrade' });
    await patch(unreachable);
    await patch({ settles: null });
    expect(await lastError()).toBe('dpkg_interrupted');
  });

  it('is that of all changes of a transaction together, in their order', async () => {
    await test.app.get(TransactionRunner).run((tx) => {
      const state = test.app.get(MachineState);
      state.patch(tx, id, { ...failed, lastErrorAction: 'apt_upgrade' });
      state.patch(tx, id, unreachable);
      state.patch(tx, id, { settles: 'apt_upgrade' });
      state.patch(tx, id, {
        lastErrorKind: 'Not a kind',
        lastErrorMessage: 'x'.repeat(3000),
        lastErrorAction: 'reboot',
      });
      return Promise.resolve();
    });
    const rows = await test.dataSource.query<object[]>(
      'SELECT action, kind, length(message) AS length FROM machine_errors WHERE machine_id = $1',
      [id],
    );
    expect(rows).toEqual([{ action: 'reboot', kind: 'unexpected', length: 2000 }]);
    expect(await lastError()).toBe('unexpected');
  });
});
