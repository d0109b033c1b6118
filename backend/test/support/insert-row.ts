import type { DataSource } from 'typeorm';
import { newId } from '../../src/kernel/database/ids';

/** Inserts one row as it stands, past every service: for tests of what the database itself refuses. */
export async function insertRow(source: DataSource, table: string, row: Record<string, unknown>): Promise<void> {
  const names = Object.keys(row);
  const places = names.map((_, index) => `$${String(index + 1)}`);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`;
  await source.query(sql, Object.values(row));
}

/** A machine with the given columns on top of the required ones. @returns its id */
export async function insertMachine(source: DataSource, columns: Record<string, unknown> = {}): Promise<string> {
  const row: Record<string, unknown> = {
    id: newId(),
    name: 'web-01',
    hostname: `${newId()}.example.org`,
    os_family: 'debian',
    username: 'admin',
    status: 'new',
    created_at: new Date(),
    updated_at: new Date(),
    ...columns,
  };
  await insertRow(source, 'machines', row);
  return String(row.id);
}
