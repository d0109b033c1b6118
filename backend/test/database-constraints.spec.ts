import { DataSource } from 'typeorm';
import { newId } from '../src/kernel/database/ids';
import { ensureInstallation } from '../src/kernel/database/installation';
import { affected, queryOne, queryRows } from '../src/kernel/database/rows';
import { readColumns } from './database-introspection';
import { insertMachine as insertOneMachine, insertRow } from './support/insert-row';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const NOW = new Date('2026-02-01T10:00:00Z');
const ENVELOPE = 'suenc:1:k2026-02-01-a1b2c3:bm9uY2Vub25jZQ:Y2lwaGVydGV4dA';
const CHECK_VIOLATION = '23514';
const UNIQUE_VIOLATION = '23505';

describe('the schema refuses', () => {
  let db: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
  });

  afterAll(async () => {
    await db.drop();
  });

  const insert = (table: string, row: Record<string, unknown>) => insertRow(source, table, row);
  const insertMachine = (columns?: Record<string, unknown>) => insertOneMachine(source, columns);

  it('clear text in every encrypted column there is', async () => {
    const encrypted = (await readColumns(source)).filter((column) => column.name.startsWith('enc_'));
    expect(encrypted.map((column) => `${column.table}.${column.name}`)).toEqual([
      'installation.enc_key_canary',
      'machine_credentials.enc_password',
      'machine_credentials.enc_sudo_password',
      'machine_credentials.enc_private_key',
      'machine_credentials.enc_key_passphrase',
      'machines.enc_apt_proxy_password',
    ]);
    const machine_id = await insertMachine();
    await insert('machine_credentials', {
      machine_id,
      auth_method: 'password',
      sudo_mode: 'none',
      created_at: NOW,
      updated_at: NOW,
    });
    await ensureInstallation(source, NOW);
    for (const { table, name } of encrypted) {
      for (const clear of ['hunter2', '', 'suenc:1:', `x${ENVELOPE}`, `${ENVELOPE}\nhunter2`, 'suenc:1:k:n:c=']) {
        await expect(source.query(`UPDATE ${table} SET ${name} = $1`, [clear])).rejects.toMatchObject({
          code: CHECK_VIOLATION,
        });
      }
      expect(await affected(source, `UPDATE ${table} SET ${name} = $1`, [ENVELOPE])).toBeGreaterThan(0);
    }
  });

  it.each([
    ['machines', { status: 'gone' }],
    ['machines', { machine_kind: 'toaster' }],
    ['machines', { virtualization: 'Bad Name' }],
    ['machines', { apt_proxy_mode: 'manual' }],
    ['machines', { port: 0 }],
    ['machines', { port: 65_536 }],
  ])('%s with %j', async (_table, columns) => {
    await expect(insertMachine(columns)).rejects.toMatchObject({ code: CHECK_VIOLATION });
  });

  it.each([
    { status: 'green' },
    { status: 'ok', apt_updates_count: -1 },
    { status: 'ok', root_used_percent: 100.5 },
    { status: 'ok', memory_used_percent: -0.1 },
    { status: 'ok', apt_status: 'fine' },
  ])('a machine state of %j', async (columns) => {
    const machine_id = await insertMachine();
    await expect(insert('machine_state', { machine_id, updated_at: NOW, ...columns })).rejects.toMatchObject({
      code: CHECK_VIOLATION,
    });
  });

  it('open words in anything but their grammar, and takes new ones', async () => {
    const machine_id = await insertMachine();
    const snapshot = { machine_id, created_at: NOW, status: 'ok', payload_json: {} };
    await insert('snapshots', { ...snapshot, id: newId(), kind: 'something_of_tomorrow' });
    for (const kind of ['Apt', '1apt', 'apt-update', 'apt update', '']) {
      await expect(insert('snapshots', { ...snapshot, id: newId(), kind })).rejects.toMatchObject({
        code: CHECK_VIOLATION,
      });
    }
  });

  it('the same address and port twice, but not beside an archived machine', async () => {
    const first = await insertMachine({ hostname: 'Host.example', port: 2222 });
    await expect(insertMachine({ hostname: 'hOST.example', port: 2222 })).rejects.toMatchObject({
      code: UNIQUE_VIOLATION,
      constraint: 'machines_live_address_key',
    });
    await insertMachine({ hostname: 'host.example', port: 22 });
    await affected(source, `UPDATE machines SET deleted_at = $2, status = 'archived' WHERE id = $1`, [first, NOW]);
    await insertMachine({ hostname: 'host.example', port: 2222 });
  });

  it('a second installation, and gives everyone the same first one', async () => {
    const all = await Promise.all([1, 2, 3].map(() => ensureInstallation(source, NOW)));
    expect(new Set(all.map((installation) => installation.id)).size).toBe(1);
    await expect(insert('installation', { id: newId(), created_at: NOW })).rejects.toMatchObject({
      code: UNIQUE_VIOLATION,
    });
  });

  it('any change of the audit log', async () => {
    const id = newId();
    await insert('audit_log', { id, at: NOW, actor_type: 'user', action: 'machine.create', outcome: 'ok' });
    for (const sql of [`UPDATE audit_log SET action = 'x'`, 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
      await expect(source.query(sql)).rejects.toThrow('audit_log is insert-only');
    }
    expect(await queryOne(source, 'SELECT action FROM audit_log WHERE id = $1', [id])).toEqual({
      action: 'machine.create',
    });
  });

  it('nothing when a machine is purged: all of it goes, but for its audit and the files to sweep', async () => {
    const machine_id = await insertMachine();
    const [snapshot, execution, job] = [newId(), newId(), newId()];
    const at = { created_at: NOW };
    await insert('snapshots', {
      id: snapshot,
      machine_id,
      kind: 'machine_probe',
      status: 'ok',
      payload_json: {},
      ...at,
    });
    await insert('executions', {
      id: execution,
      machine_id,
      action: 'apt_upgrade',
      mode: 'manual',
      started_at: NOW,
      status: 'ok',
    });
    await insert('machine_hardware', { machine_id, probe_snapshot_id: snapshot, updated_at: NOW });
    await insert('machine_events', { id: newId(), machine_id, event_type: 'created', severity: 'info', ...at });
    await insert('apt_errors', {
      id: newId(),
      machine_id,
      snapshot_id: snapshot,
      kind: 'dns',
      severity: 'error',
      message: 'm',
      ...at,
    });
    await insert('jobs', { id: job, machine_id, kind: 'machine_probe', status: 'running', ...at });
    await insert('job_log_chunks', { job_id: job, seq: 1, stream: 'out', text: 'x', ...at });
    await insert('machine_locks', {
      machine_id,
      job_id: job,
      lock_kind: 'exclusive',
      holder: 'w',
      fence: 1,
      renewed_at: NOW,
      ...at,
    });
    await insert('raw_artifacts', { id: newId(), machine_id, kind: 'raw_log', path: 'a/b', ...at });
    await insert('audit_log', { id: newId(), machine_id, at: NOW, actor_type: 'system', action: 'x', outcome: 'ok' });

    expect(await affected(source, 'DELETE FROM machines WHERE id = $1', [machine_id])).toBe(1);
    const left: string[] = [];
    for (const { table } of (await readColumns(source)).filter((column) => column.name === 'machine_id')) {
      const rows = await queryRows(source, `SELECT 1 FROM ${table} WHERE machine_id = $1`, [machine_id]);
      if (rows.length > 0) left.push(table);
    }
    expect(left).toEqual(['audit_log']);
    expect(await queryRows(source, 'SELECT path FROM raw_artifacts WHERE machine_id IS NULL')).toEqual([
      { path: 'a/b' },
    ]);
    expect(await queryRows(source, 'SELECT 1 FROM job_log_chunks WHERE job_id = $1', [job])).toEqual([]);
  });
});
