import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readColumns } from '../../../test/database-introspection';
import { insertRow } from '../../../test/support/insert-row';
import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, principalOf, type Client, type TestApp } from '../../../test/support/test-app';
import { newId } from '../../kernel/database/ids';
import { queryRows } from '../../kernel/database/rows';
import { ArtifactRemovals } from '../history/artifact-removals';
import { HistoryModule } from '../history/history.module';
import { MachinesModule } from './machines.module';

describe('purging a machine', () => {
  let dataDir: string;
  let test: TestApp;
  let administrator: Client;
  let operator: Client;

  beforeAll(async () => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'purge-'));
    mkdirSync(path.join(dataDir, 'artifacts'));
    test = await createTestApp({ imports: [MachinesModule, HistoryModule], environment: { DATA_DIR: dataDir } });
    administrator = test.as('administrator');
    operator = test.as('operator');
  });
  afterAll(async () => {
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  beforeEach(() => test.dataSource.query('TRUNCATE machines, artifact_removals CASCADE'));

  const file = (name: string): string => path.join(dataDir, 'artifacts', name);
  const rows = (sql: string, params: unknown[] = []) => queryRows(test.dataSource, sql, params);
  const insert = (table: string, row: Record<string, unknown>) => insertRow(test.dataSource, table, row);

  async function archived(name: string): Promise<string> {
    const id = await addMachine(operator, name);
    expect((await operator.post(`/machines/${id}/archive`)).status).toBe(204);
    return id;
  }

  /** A row and a file in each place that names files. */
  async function withFiles(machine_id: string): Promise<string[]> {
    const files = ['log', 'report', 'reading', 'change'].map((kind) => `${machine_id}-${kind}`);
    const [log, report, reading, change] = files;
    for (const name of files) writeFileSync(file(name), 'x');
    const made = { id: newId(), machine_id, created_at: new Date() };
    await insert('raw_artifacts', { ...made, kind: 'raw_log', path: log });
    await insert('reports', { ...made, kind: 'machine', title: 't', path: report });
    await insert('snapshots', { ...made, kind: 'x', status: 'ok', payload_json: '{}', raw_log_path: reading });
    await insert('executions', {
      id: newId(),
      machine_id,
      action: 'x',
      mode: 'manual',
      status: 'ok',
      started_at: new Date(),
      raw_log_path: change,
    });
    return files;
  }

  it('takes everything of it, on the disk too, and leaves its audit and a tombstone', async () => {
    const id = await archived('web-1');
    const other = await addMachine(operator, 'web-2');
    const files = await withFiles(id);
    const kept = await withFiles(other);
    expect((await administrator.post(`/machines/${id}/purge`, { name: 'web-1' })).status).toBe(204);

    const left: string[] = [];
    for (const { table } of (await readColumns(test.dataSource)).filter(({ name }) => name === 'machine_id')) {
      if ((await rows(`SELECT 1 FROM ${table} WHERE machine_id = $1`, [id])).length > 0) left.push(table);
    }
    expect(left).toEqual(['audit_log', 'machine_tombstones']);
    expect(files.filter((name) => existsSync(file(name)))).toEqual([]);
    expect(kept.filter((name) => !existsSync(file(name)))).toEqual([]);
    expect(await rows('SELECT path FROM artifact_removals')).toEqual([]);
    expect(await rows(`SELECT actor_name, details_json FROM audit_log WHERE action = 'machine.purged'`)).toEqual([
      { actor_name: 'The administrator', details_json: expect.objectContaining({ name: 'web-1' }) as object },
    ]);
    expect(test.live.changes.at(-1)).toEqual({ machineIds: [id] });
  });

  it('is remembered: whoever asks for it learns that it is gone, by whom and since when', async () => {
    const id = await archived('web-1');
    await administrator.post(`/machines/${id}/purge`, { name: 'web-1' });
    const gone = {
      code: 'machine_purged',
      status: 410,
      machine: { id, name: 'web-1', purgedBy: principalOf('administrator').displayName },
    };
    expect((await operator.get(`/machines/${id}`)).body).toMatchObject(gone);
    expect((await administrator.post(`/machines/${id}/purge`, { name: 'web-1' })).body).toMatchObject(gone);
    expect((await administrator.post(`/machines/${newId()}/purge`, { name: 'x' })).body).toMatchObject({ status: 404 });
  });

  it('is for administrators, for archived machines, and for those who type the name', async () => {
    const id = await archived('web-1');
    const used = await addMachine(operator, 'web-2');
    const purge = async (by: Client, machine: string, body: object) => {
      const answer = (await by.post(`/machines/${machine}/purge`, body)).body as {
        status: number;
        code: string;
        errors?: { field: string }[];
      };
      return [answer.status, answer.code, ...(answer.errors ?? []).map(({ field }) => field)];
    };
    expect((await purge(operator, id, { name: 'web-1' }))[0]).toBe(403);
    expect(await purge(administrator, used, { name: 'web-2' })).toEqual([409, 'machine_not_archived']);
    for (const body of [{ name: 'WEB-1' }, { name: 'web-1 ' }, { name: '' }, {}, { name: ['web-1'] }]) {
      expect(await purge(administrator, id, body)).toEqual([400, 'invalid_input', 'name']);
    }
    expect(await purge(administrator, id, { name: 'web-1', force: true })).toEqual([400, 'invalid_input', 'force']);
    await test.dataSource.query('UPDATE machine_state SET running_job_id = $1 WHERE machine_id = $1', [id]);
    expect(await purge(administrator, id, { name: 'web-1' })).toEqual([409, 'machine_busy']);
    expect(await rows('SELECT 1 FROM machines')).toHaveLength(2);
    expect(await rows('SELECT 1 FROM machine_tombstones WHERE machine_id = $1', [id])).toEqual([]);
  });

  it('loses no file by a failure: what could not be removed is removed later, and harms no other', async () => {
    const id = await archived('web-1');
    const [log = '', ...others] = await withFiles(id);
    // A folder in place of a file cannot be unlinked, not even by root.
    rmSync(file(log));
    mkdirSync(file(log));
    expect((await administrator.post(`/machines/${id}/purge`, { name: 'web-1' })).status).toBe(204);
    expect(others.filter((name) => existsSync(file(name)))).toEqual([]);
    expect(await rows('SELECT path FROM artifact_removals')).toEqual([{ path: log }]);

    rmSync(file(log), { recursive: true });
    writeFileSync(file(log), 'x');
    await test.app.get(ArtifactRemovals, { strict: false }).sweep();
    expect(existsSync(file(log))).toBe(false);
    expect(await rows('SELECT path FROM artifact_removals')).toEqual([]);
  });

  it('removes no file when it does not happen', async () => {
    const id = await archived('web-1');
    const files = await withFiles(id);
    await test.dataSource.query(
      `ALTER TABLE machine_tombstones ADD CONSTRAINT broken CHECK (name <> 'web-1') NOT VALID`,
    );
    try {
      expect((await administrator.post(`/machines/${id}/purge`, { name: 'web-1' })).status).toBe(500);
    } finally {
      await test.dataSource.query('ALTER TABLE machine_tombstones DROP CONSTRAINT broken');
    }
    expect(files.filter((name) => !existsSync(file(name)))).toEqual([]);
    expect(await rows('SELECT 1 FROM raw_artifacts WHERE machine_id = $1', [id])).toHaveLength(1);
    expect(await rows('SELECT path FROM artifact_removals')).toEqual([]);
  });
});
