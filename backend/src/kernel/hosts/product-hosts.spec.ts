import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../test/support/postgres';
import { affected, queryRows } from '../database/rows';
import { ProductHosts } from './product-hosts';

describe('the hosts of this program', () => {
  const elsewhere = 'c'.repeat(32);
  let database: TestDatabase;
  let dataSource: DataSource;
  let hosts: ProductHosts;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    hosts = new ProductHosts(dataSource);
  });
  afterEach(() => database.drop());

  /** As a process of another host has said. */
  const said = (host: string, machineId: string, hoursAgo: number): Promise<number> =>
    affected(
      dataSource,
      'INSERT INTO product_hosts (host, machine_id, seen_at) VALUES ($1, $2, now() - make_interval(secs => 3600 * $3::float8))',
      [host, machineId, hoursAgo],
    );

  it('are not known before a process has said where it runs', async () => {
    expect(await hosts.seenLately()).toMatchObject({ machineIds: new Set(), complete: false });
  });

  it('are all that processes have told of lately, each once', async () => {
    const here = readFileSync('/etc/machine-id', 'utf8').trim();
    await said('worker-2', elsewhere, 1);
    await said('retired', 'd'.repeat(32), 25);
    await hosts.onApplicationBootstrap();
    await hosts.regularly();
    expect(await hosts.seenLately()).toMatchObject({ machineIds: new Set([elsewhere, here]), complete: true });
    expect(
      await queryRows(dataSource, 'SELECT host, machine_id FROM product_hosts ORDER BY machine_id = $1', [here]),
    ).toEqual([
      { host: 'worker-2', machine_id: elsewhere },
      { host: hostname(), machine_id: here },
    ]);
  });

  it('are not all known where one process sees no id', async () => {
    await said('worker-2', elsewhere, 1);
    await said('a1b2c3', '', 0.1);
    expect(await hosts.seenLately()).toMatchObject({ machineIds: new Set([elsewhere]), complete: false });
  });

  it('are all known again soon after a process that saw no id was made anew with one', async () => {
    await said('a1b2c3', '', 0.6);
    await said('d4e5f6', elsewhere, 0.1);
    expect(await hosts.seenLately()).toMatchObject({ machineIds: new Set([elsewhere]), complete: true });
  });

  it('name the database by what its server tells apart from all others', async () => {
    const { database: server } = await hosts.seenLately();
    expect(server?.systemIdentifier).toMatch(/^\d{15,20}$/);
    expect(server?.startedAt).toBeGreaterThan(1_700_000_000);
    await dataSource.query('ALTER FUNCTION pg_catalog.pg_control_system() RENAME TO pg_control_hidden');
    expect(await hosts.seenLately()).toMatchObject({ database: null });
  });

  it('let nothing wait that cannot be noted', async () => {
    await dataSource.query('ALTER TABLE product_hosts RENAME TO elsewhere');
    await expect(hosts.onApplicationBootstrap()).resolves.toBeUndefined();
  });
});
