import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { systemActor } from '../auth/actor';
import { Contracts } from '../contracts/contracts';
import { count, list, object, text } from '../contracts/schemas';
import { TransactionRunner } from '../database/transaction';
import { secretRegistry } from '../logging/secret-registry';
import { auditContract } from './audit-contracts';
import { AuditLog } from './audit-log';
import { originOf } from './request-origin';

describe('AuditLog', () => {
  let test: TestApp;
  let audit: AuditLog;
  const entry = { ...originOf(systemActor), action: 'user.change', objectType: 'sample', outcome: 'ok' } as const;

  beforeAll(async () => {
    test = await createTestApp({ imports: [] });
    audit = test.app.get(AuditLog);
    test.app
      .get(Contracts)
      .register(auditContract('user.change', 'Of this test.', {}, { count, deep: list(object({ text })) }));
  });
  afterAll(() => test.close());

  const rows = (): Promise<{ action: string; actor_name: string; details_json: unknown }[]> =>
    test.dataSource.query('SELECT * FROM audit_log ORDER BY id');

  it('goes with its transaction', async () => {
    const runner = test.app.get(TransactionRunner);
    const failing = runner.run(async (tx) => {
      await audit.record(tx.manager, entry);
      throw new Error('the action failed');
    });
    await expect(failing).rejects.toThrow('the action failed');
    expect(await rows()).toHaveLength(0);
    await runner.run((tx) => audit.record(tx.manager, { ...entry, details: { count: 1 } }));
    expect(await rows()).toMatchObject([{ action: 'user.change', details_json: { schema_version: 1, count: 1 } }]);
  });

  it('fails the action when the row cannot be written', async () => {
    const work = test.app.get(TransactionRunner).run(async (tx) => {
      await tx.manager.query('CREATE TABLE privileged (id int)');
      await audit.record(tx.manager, { ...entry, outcome: 'neither' as never });
    });
    await expect(work).rejects.toThrow('audit_log_outcome_check');
    await expect(test.dataSource.query('SELECT * FROM privileged')).rejects.toThrow('does not exist');
  });

  it('can be neither changed nor emptied', async () => {
    await expect(test.dataSource.query(`UPDATE audit_log SET outcome = 'denied'`)).rejects.toThrow('insert-only');
    await expect(test.dataSource.query('DELETE FROM audit_log')).rejects.toThrow('insert-only');
    await expect(test.dataSource.query('TRUNCATE audit_log')).rejects.toThrow('insert-only');
  });

  it('masks secrets in use', async () => {
    const drop = secretRegistry.register('planted-secret-2');
    try {
      await audit.record(test.dataSource.manager, { ...entry, details: { deep: [{ text: 'x planted-secret-2 y' }] } });
    } finally {
      drop();
    }
    expect(JSON.stringify(await rows())).not.toContain('planted-secret-2');
  });

  it('names who it was and keeps ordinary words, though they be passwords of machines', async () => {
    const drops = ['debian', 'Administrator-1'].map((word) => secretRegistry.register(word));
    const actor = { type: 'user', id: null, name: 'Administrator-1' } as const;
    await audit.record(test.dataSource.manager, { ...entry, actor, details: { deep: [{ text: 'debian-goodies' }] } });
    for (const drop of drops) drop();
    expect((await rows()).at(-1)).toMatchObject({
      actor_name: 'Administrator-1',
      details_json: { deep: [{ text: 'debian-goodies' }] },
    });
  });
});
