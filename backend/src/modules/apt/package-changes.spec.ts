import { insertMachine, insertRow } from '../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { DataSource } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { newId } from '../../kernel/database/ids';
import { APT_EXTERNAL_CHANGE_RESULT_IMPORTANT } from './contracts/apt-external-change-result.v1';
import { PackageChangesReader } from './package-changes.reader';

describe('changes of a package by others', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let reader: PackageChangesReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    const contracts = new Contracts();
    contracts.register(APT_EXTERNAL_CHANGE_RESULT_IMPORTANT);
    reader = new PackageChangesReader(dataSource, contracts);
  });
  afterAll(() => database.drop());

  /** A change of this package by others, with what is stored of who made it. @returns as the page has it */
  async function change(name: string, told: object) {
    const machineId = await insertMachine(dataSource);
    const id = newId();
    const now = new Date();
    await insertRow(dataSource, 'executions', {
      id,
      machine_id: machineId,
      action: 'apt_external_change',
      mode: 'external',
      started_at: now,
      finished_at: now,
      status: 'ok',
      important_json: JSON.stringify(told),
    });
    await insertRow(dataSource, 'apt_applied_packages', {
      id: newId(),
      execution_id: id,
      machine_id: machineId,
      name,
      operation: 'upgraded',
      from_version: '1',
      to_version: '2',
    });
    return (await reader.page(name, undefined, { limit: 10 })).items[0];
  }

  it('say by whom', async () => {
    const counts = { installed: 0, upgraded: 1, downgraded: 0, removed: 0 };
    const told = {
      schema_version: 1,
      source: 'apt',
      actor: 'ada',
      command: 'apt upgrade',
      error: null,
      finished: true,
    };
    expect(await change('openssl', { ...told, counts })).toMatchObject({
      actor: 'ada',
      command: 'apt upgrade',
      unreadable: [],
    });
  });

  it('show what a newer program stored of it, as it stands', async () => {
    const newer = { schema_version: 99, somebody: 'ada' };
    expect(await change('curl', newer)).toMatchObject({
      actor: null,
      command: null,
      unreadable: [{ unreadable: 'newer', document: newer }],
    });
  });

  it('are told of one change, each package once, page by page', async () => {
    const told = await change('libzz', { schema_version: 99 });
    const { machineId = '', executionId = '' } = told ?? {};
    for (const [name, operation] of [
      ['bash', 'upgraded'],
      ['zsh', 'unchanged'],
      ['Curl', 'removed'],
      ['curl', 'installed'],
    ]) {
      const row = { id: newId(), execution_id: executionId, machine_id: machineId, name, operation };
      await insertRow(dataSource, 'apt_applied_packages', row);
    }
    const pages: string[][] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = await reader.ofExecution(executionId, { limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
      more = cursor !== undefined;
    }
    expect(pages).toEqual([
      ['Curl', 'bash'],
      ['curl', 'libzz'],
    ]);
    expect(await reader.ofExecution(newId(), { limit: 2 })).toEqual({ items: [], nextCursor: null });
  });
});
