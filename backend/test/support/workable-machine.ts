import type { DataSource } from 'typeorm';
import { newId } from '../../src/kernel/database/ids';
import { affected } from '../../src/kernel/database/rows';

/** The rows of a machine that may be worked on, but for its state. @returns its id */
export async function insertWorkable(dataSource: DataSource, name: string): Promise<string> {
  const id = newId();
  await affected(
    dataSource,
    `INSERT INTO machines (id, name, hostname, os_family, username, status, created_at, updated_at)
     VALUES ($1::uuid, $2, $1::text, 'debian', 'admin', 'active', now(), now())`,
    [id, name],
  );
  await affected(
    dataSource,
    `INSERT INTO machine_credentials (machine_id, auth_method, sudo_mode, created_at, updated_at) VALUES ($1, 'password', 'none', now(), now())`,
    [id],
  );
  await affected(
    dataSource,
    `INSERT INTO machine_host_keys (id, machine_id, hostname, port, fingerprint_sha256, status, first_seen_at, last_seen_at)
     VALUES ($1::uuid, $2, $1::text, 22, 'SHA256:' || $1::text, 'approved', now(), now())`,
    [newId(), id],
  );
  return id;
}
