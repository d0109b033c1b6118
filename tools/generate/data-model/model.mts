import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../launch/paths.mts';
import type { Column, Table } from './introspect.mts';

interface Specification {
  readonly tables: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly deviations: Readonly<Record<string, string>>;
}

export const specification = JSON.parse(
  readFileSync(path.join(root, 'docs/data-model/specification.json'), 'utf8'),
) as Specification;

export interface Group {
  readonly key: string;
  readonly title: string;
  readonly tables: readonly Table[];
}

/** The groups of the specification in its order, then those of the house; each with what was added beside it. */
const groups: readonly (readonly [key: string, title: string, added: readonly string[]])[] = [
  ['core', 'Machines', ['machine_errors', 'machine_tombstones', 'networks', 'network_ranges']],
  ['history', 'History', ['artifact_removals']],
  ['apt', 'apt', ['apt_holds']],
  ['docker', 'Docker Compose', ['docker_registry_lookups']],
  ['post_install', 'Post-install and recipes', []],
  [
    'jobs',
    'Jobs and automation',
    [
      'job_log_chunks',
      'action_request_targets',
      'maintenance_windows',
      'schedule_occurrences',
      'schedule_occurrence_targets',
      'approval_rules',
      'work_pace',
    ],
  ],
  ['hermes', 'The agent and API clients', ['api_idempotency_keys']],
  ['maintenance', 'Maintenance and discovery', []],
  [
    'accounts',
    'Accounts, audit, installation',
    ['users', 'sessions', 'one_time_links', 'rate_limits', 'audit_log', 'installation', 'product_hosts'],
  ],
];

/** @throws Error when a table stands in no group, or a group names one that is not there */
export function grouped(tables: readonly Table[]): Group[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const result = groups.map(([key, title, added]) => ({
    key,
    title,
    tables: [...Object.keys(specification.tables[key] ?? {}), ...added].flatMap((name) => {
      const table = byName.get(name);
      if (table === undefined && added.includes(name)) throw new Error(`There is no table ${name} any more.`);
      byName.delete(name);
      return table === undefined ? [] : [table];
    }),
  }));
  if (byName.size > 0) {
    const names = [...byName.keys()].join(', ');
    throw new Error(`Say in tools/generate/data-model/model.mts to which group these tables belong: ${names}`);
  }
  return result;
}

const specifiedColumns = new Map(
  Object.values(specification.tables)
    .flatMap((group) => Object.entries(group))
    .map(([table, lines]) => [table, new Set(lines.map((line) => line.split(' ')[0] ?? ''))]),
);

export function isSpecified(table: string, column?: string): boolean {
  const columns = specifiedColumns.get(table);
  return columns !== undefined && (column === undefined || columns.has(column));
}

/** Columns that name a row of another table without a foreign key: history keeps them when that row is gone. */
const namedRows: Readonly<Record<string, string>> = {
  job_id: 'jobs',
  source_job_id: 'jobs',
  running_job_id: 'jobs',
  execution_id: 'executions',
  last_execution_id: 'executions',
  snapshot_id: 'snapshots',
  request_id: 'action_requests',
  schedule_id: 'schedules',
  report_id: 'reports',
  raw_artifact_id: 'raw_artifacts',
  api_client_id: 'api_clients',
  hermes_run_id: 'hermes_runs',
  machine_id: 'machines',
};

/** A reference of one table to another. */
export interface Reference {
  readonly from: string;
  readonly column: string;
  readonly to: string;
  /** What happens when the row goes; null for a name without a foreign key. */
  readonly onDelete: string | null;
}

const actions: Readonly<Record<string, string>> = { c: 'goes too', n: 'becomes null', r: 'refused', a: 'refused' };

export function referencesOf(table: Table): Reference[] {
  return table.columns.flatMap((column): Reference[] => {
    const key = table.keys.find((candidate) => candidate.kind === 'f' && candidate.columns[0] === column.name);
    if (key?.references != null) {
      return [{ from: table.name, column: column.name, to: key.references, onDelete: actions[key.onDelete] ?? '' }];
    }
    const to = column.type === 'uuid' ? namedRows[column.name] : undefined;
    return to === undefined ? [] : [{ from: table.name, column: column.name, to, onDelete: null }];
  });
}

export function isPrimary(table: Table, column: Column): boolean {
  return table.keys.some((key) => key.kind === 'p' && key.columns.includes(column.name));
}
