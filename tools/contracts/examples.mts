import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { CommandError, fail, say } from '../launch/output.mts';
import { root } from '../launch/paths.mts';

/**
 * Adds what examples are missing in docs/contracts/examples from the database at DATABASE_URL, which must hold what real
 * machines left: of each contract the newest document of its newest version. Examples that are there stay as they are.
 */
const folder = path.join(root, 'docs', 'contracts');

/** Which rows of a shared column belong to a contract, by its name. */
function condition(column: string, name: string): string {
  if (name === 'snapshot_patch') return 'content_snapshot_id IS NOT NULL';
  const rest = name.slice(name.indexOf('.') + 1);
  switch (column) {
    case 'snapshots.payload_json':
      return `kind = '${name}'`;
    case 'snapshots.important_json':
      return `kind = '${name.replace(/\.important$/, '')}'`;
    case 'jobs.payload_json':
      return `kind = '${name.replace(/\.parameters$/, '')}'`;
    case 'machine_events.payload_json':
      return `event_type = '${rest}'`;
    case 'audit_log.details_json':
      return `action = '${rest}'`;
    case 'executions.result_json':
      return `action = '${name.replace(/_result$/, '')}'`;
    case 'executions.important_json':
      return `action = '${name.replace(/_result\.important$/, '')}'`;
    case 'action_request_targets.plan_json':
      return detailsOf(name) === null
        ? 'true'
        : `request_id IN (SELECT id FROM action_requests WHERE action = '${detailsOf(name) ?? ''}')`;
    default:
      return 'true';
  }
}

/** The action whose plan's details the contract is of; null for any other contract. */
function detailsOf(name: string): string | null {
  return name === 'action_plan' ? null : (/^(.+)_plan$/.exec(name)?.[1] ?? null);
}

/** The first column that the index names for a contract. */
function columnOf(name: string): string {
  const index = readFileSync(path.join(folder, 'README.md'), 'utf8');
  const row = index.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
  return /`(\w+\.\w+_json)`/.exec(row)?.[1] ?? '';
}

async function fullest(client: pg.Client, column: string, name: string, version: number): Promise<unknown> {
  const [table = '', stored = ''] = column.split('.');
  // A plan's details stand within the plan's document.
  const field = detailsOf(name) === null ? stored : `(${stored} -> 'details')`;
  const { rows } = await client.query<{ document: unknown }>(
    `SELECT ${field} AS document FROM ${table} WHERE ${condition(column, name)} AND ${field} IS NOT NULL
       AND COALESCE(${field} ->> 'schema_version', '0') = $1 ORDER BY length(${field}::text) DESC LIMIT 1`,
    [String(version)],
  );
  return rows[0]?.document;
}

async function main(): Promise<void> {
  const url = process.env['DATABASE_URL'] ?? '';
  if (url === '') throw new CommandError('Set DATABASE_URL to a database that holds what real machines left.');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const file of readdirSync(path.join(folder, 'schemas'))) {
    const example = path.join(folder, 'examples', file);
    const [, name = '', version = ''] = /^(.+)\.v(\d+)\.json$/.exec(file) ?? [];
    if (existsSync(example)) continue;
    const document = await fullest(client, columnOf(name), name, Number(version));
    if (document === undefined) {
      say(`No document of ${name}@${version} in ${columnOf(name)}.`);
      continue;
    }
    writeFileSync(example, `${JSON.stringify(document, null, 2)}\n`);
    say(`Wrote the example of ${name}@${version}.`);
  }
  await client.end();
}

main().catch(fail);
