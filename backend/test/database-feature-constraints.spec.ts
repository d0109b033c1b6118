import type { DataSource } from 'typeorm';
import { newId } from '../src/kernel/database/ids';
import { affected, queryRows } from '../src/kernel/database/rows';
import { insertMachine, insertRow } from './support/insert-row';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const NOW = new Date('2026-02-01T10:00:00Z');
const CHECK_VIOLATION = { code: '23514' };
const UNIQUE_VIOLATION = { code: '23505' };
const at = { created_at: NOW };
const since = { created_at: NOW, updated_at: NOW };

describe('the tables of Docker, recipes, the agent, maintenance and terminals', () => {
  let db: TestDatabase;
  let source: DataSource;
  const insert = (table: string, row: Record<string, unknown>) => insertRow(source, table, row);

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource();
  });

  afterAll(async () => {
    await db.drop();
  });

  async function insertStack(machine_id: string, more: Record<string, unknown> = {}): Promise<string> {
    const id = newId();
    const stack = { id, machine_id, name: 'blog', working_dir: '/srv/blog', compose_files_json: '[]', ...since };
    await insert('docker_compose_stacks', { ...stack, status: 'enabled', ...more });
    return id;
  }

  it('know what an image can be beside up to date, and nothing else', async () => {
    const stack_id = await insertStack(await insertMachine(source));
    const services = [
      'up_to_date',
      'updates_available',
      'error',
      'pinned',
      'local_build',
      'unknown',
      'pending_recreate',
    ];
    for (const status of services) {
      await insert('docker_stack_services', { id: newId(), stack_id, service_name: status, status, updated_at: NOW });
    }
    const service = { id: newId(), stack_id, service_name: 'x', updated_at: NOW };
    await expect(insert('docker_stack_services', { ...service, status: 'fine' })).rejects.toMatchObject(
      CHECK_VIOLATION,
    );
    await expect(
      insert('docker_stack_services', { ...service, service_name: 'pinned', status: 'pinned' }),
    ).rejects.toMatchObject(UNIQUE_VIOLATION);
  });

  it('take two stacks of one name in two folders, and refuse them in one', async () => {
    const machine = await insertMachine(source);
    await insertStack(machine);
    await insertStack(machine, { working_dir: '/srv/other' });
    await expect(insertStack(machine)).rejects.toMatchObject(UNIQUE_VIOLATION);
    await expect(insertStack(machine, { name: 'y', status: 'lost' })).rejects.toMatchObject(CHECK_VIOLATION);
    const root = { id: newId(), machine_id: machine, path: 'srv', ...since };
    await expect(insert('docker_compose_roots', root)).rejects.toMatchObject(CHECK_VIOLATION);
  });

  it('keep what happened to an image when its stack is gone', async () => {
    const machine_id = await insertMachine(source);
    const stack_id = await insertStack(machine_id);
    const event = { id: newId(), machine_id, stack_id, operation: 'pulled', ...at };
    await insert('docker_image_events', event);
    await affected(source, 'DELETE FROM docker_compose_stacks WHERE id = $1', [stack_id]);
    expect(
      await queryRows(source, 'SELECT stack_id FROM docker_image_events WHERE machine_id = $1', [machine_id]),
    ).toEqual([{ stack_id: null }]);
    await expect(
      insert('docker_image_events', { ...event, id: newId(), stack_id: null, bytes_reclaimed: -1 }),
    ).rejects.toMatchObject(CHECK_VIOLATION);
  });

  it('give up a recipe with its versions, but no profile that a machine has run', async () => {
    const [profile_id, recipe_id, version] = [newId(), newId(), newId()];
    const profile = { id: profile_id, name: 'docker_host', label: 'Docker host', category: 'docker' };
    await insert('install_profiles', { ...profile, manifest_json: '{}', ...since });
    const recipe = { id: recipe_id, profile_id, name: 'docker_engine', label: 'Engine', source_type: 'custom' };
    await insert('install_recipes', { ...recipe, ...since });
    await insert('install_recipe_versions', {
      id: version,
      recipe_id,
      version: 1,
      template_path: 'docker_engine/1.sh',
      manifest_json: '{}',
      ...at,
    });
    await affected(source, 'UPDATE install_recipes SET current_version_id = $2 WHERE id = $1', [recipe_id, version]);
    const state = { id: newId(), machine_id: await insertMachine(source), profile_id, status: 'ok' };
    await insert('machine_profile_state', state);
    await expect(affected(source, 'DELETE FROM install_profiles WHERE id = $1', [profile_id])).rejects.toMatchObject({
      code: expect.stringMatching(/^23(001|503)$/) as string,
    });
    expect(await affected(source, 'DELETE FROM install_recipes WHERE id = $1', [recipe_id])).toBe(1);
    expect(await queryRows(source, 'SELECT 1 FROM install_recipe_versions')).toEqual([]);
  });

  it('tie a preset to what its scope says, once by name', async () => {
    const machine_id = await insertMachine(source);
    const preset = (more: object) => ({
      id: newId(),
      scope: 'global',
      name: 'Lab',
      variables_json: '{}',
      ...since,
      ...more,
    });
    await insert('script_variables_presets', preset({}));
    await expect(insert('script_variables_presets', preset({ name: 'LAB' }))).rejects.toMatchObject(UNIQUE_VIOLATION);
    await insert('script_variables_presets', preset({ scope: 'machine', machine_id }));
    for (const wrong of [{ scope: 'machine' }, { scope: 'profile' }, { machine_id }]) {
      await expect(insert('script_variables_presets', preset({ ...wrong, name: 'x' }))).rejects.toMatchObject(
        CHECK_VIOLATION,
      );
    }
  });

  it('never change what a tool was asked, and keep tokens as digests only', async () => {
    await insert('mcp_audit_log', {
      id: newId(),
      server_name: 'su',
      tool_name: 'list_machines',
      status: 'denied',
      ...at,
    });
    await expect(source.query(`UPDATE mcp_audit_log SET status = 'ok'`)).rejects.toThrow('rows never change');
    expect(await affected(source, 'DELETE FROM mcp_audit_log')).toBe(1);
    const client = {
      label: 'x',
      client_kind: 'mcp',
      token_prefix: 'su_mcp_a',
      scopes_json: '{"scopes": ["read", "apply:apt"]}',
      status: 'active',
      ...at,
    };
    await expect(insert('api_clients', { ...client, id: newId(), token_hash: 'su_mcp_secret' })).rejects.toMatchObject(
      CHECK_VIOLATION,
    );
    for (const scopes_json of ['{"scopes": ["root"]}', '{"scopes": "read"}', '[]', '{}']) {
      const wrong = { ...client, scopes_json, id: newId(), token_hash: 'a'.repeat(64) };
      await expect(insert('api_clients', wrong)).rejects.toMatchObject(CHECK_VIOLATION);
    }
    await insert('api_clients', { ...client, id: newId(), token_hash: 'a'.repeat(64) });
    await expect(insert('api_clients', { ...client, id: newId(), token_hash: 'a'.repeat(64) })).rejects.toMatchObject(
      UNIQUE_VIOLATION,
    );
  });

  it('scan one network at a time, and forget a purged machine without forgetting what was found', async () => {
    const scan = { cidr: '192.0.2.0/24', ports_json: '[22]', method: 'tcp', started_at: NOW };
    const scan_id = newId();
    await insert('discovery_scans', { ...scan, id: newId(), status: 'ok' });
    await insert('discovery_scans', { ...scan, id: scan_id, status: 'running' });
    await expect(insert('discovery_scans', { ...scan, id: newId(), status: 'running' })).rejects.toMatchObject(
      UNIQUE_VIOLATION,
    );
    const known_machine_id = await insertMachine(source);
    const candidate = { id: newId(), scan_id, host: '192.0.2.7', port: 22, ...at };
    await insert('discovery_candidates', { ...candidate, known_machine_id, match: 'moved' });
    await affected(source, 'DELETE FROM machines WHERE id = $1', [known_machine_id]);
    expect(await queryRows(source, 'SELECT host, known_machine_id FROM discovery_candidates')).toEqual([
      { host: '192.0.2.7', known_machine_id: null },
    ]);
  });

  it('lead one target of a request to one job, and a single run to its moment', async () => {
    const [request_id, job_id] = [newId(), newId()];
    const request = { id: request_id, requested_by_type: 'user', action: 'apt_upgrade', status: 'approved', ...at };
    await insert('action_requests', request);
    const target = { request_id, status: 'executed', job_id };
    await insert('action_request_targets', { ...target, machine_id: await insertMachine(source) });
    await expect(
      insert('action_request_targets', { ...target, machine_id: await insertMachine(source) }),
    ).rejects.toMatchObject(UNIQUE_VIOLATION);

    const schedule = { name: 'x', timezone: 'UTC', scope_json: '{}', actions_json: '[]', ...since };
    await insert('schedules', { ...schedule, id: newId(), cron: '@once', run_at: NOW });
    await insert('schedules', { ...schedule, id: newId(), cron: '0 3 * * *' });
    for (const wrong of [{ cron: '@once' }, { cron: '0 3 * * *', run_at: NOW }]) {
      await expect(insert('schedules', { ...schedule, id: newId(), ...wrong })).rejects.toMatchObject(CHECK_VIOLATION);
    }
  });
});
