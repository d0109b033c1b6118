import type { MachineListQueryDto, MachineSort, SortOrder } from './dto/machine-list-query.dto';
import { decodeCursor, keyForms } from '../../kernel/http/keyset-cursor';
import { indexAge, type IndexAge } from './index-age';
import { tileColumns, TILE_SOURCES } from './machine-tile.mapper';
import { rankOf } from './needs';

/** Words of the list that the statement is built from. */
export type MachineListFilter = Omit<MachineListQueryDto, 'order'> & { readonly order?: SortOrder | undefined };

/** One SQL statement with its values. */
export interface Statement {
  readonly sql: string;
  readonly params: unknown[];
}

interface SortKey {
  readonly expression: string;
  readonly type: string;
  readonly form: RegExp;
}

const byName: SortKey = { expression: 'lower(m.name)', type: 'text', form: keyForms.text };

interface Sorting {
  readonly keys: (age: IndexAge) => readonly SortKey[];
  readonly order: SortOrder;
}

/** Every sort by a closed list: nothing of a request becomes SQL text. The id follows, so that the order is total. */
const sorts: Readonly<Record<MachineSort, Sorting>> = {
  need: {
    keys: ({ needsRank }) => [
      { expression: `(${needsRank})::integer`, type: 'integer', form: keyForms.integer },
      byName,
    ],
    order: 'asc',
  },
  name: { keys: () => [byName], order: 'asc' },
  lastSeen: {
    keys: () => [
      { expression: `COALESCE(m.last_seen_at, '-infinity')`, type: 'timestamptz', form: keyForms.time },
      byName,
    ],
    order: 'desc',
  },
  updates: {
    keys: () => [{ expression: 'COALESCE(s.apt_updates_count, -1)', type: 'integer', form: keyForms.integer }, byName],
    order: 'desc',
  },
};

/** Names the list in its cursors. */
export function cursorScope(filter: MachineListFilter): string {
  return `machines:${filter.sort}:${orderOf(filter)}`;
}

function orderOf(filter: MachineListFilter): SortOrder {
  return filter.order ?? sorts[filter.sort].order;
}

/**
 * The whole list in one statement: the filtered machines once, their counts by need, one page of tiles and one row more.
 * It reads machines, their state and tags, and the running jobs by key; sorting happens on narrow rows, and only the
 * page is joined wide.
 *
 * Each row carries `counts` (JSON text) and the parts of its sort key `k0`, `k1` … as text; one row with a null id
 * comes when the page is empty.
 *
 * @param indexStaleDays older package lists make a machine stale
 */
export function machineListStatement(filter: MachineListFilter, indexStaleDays: number): Statement {
  const age = indexAge(indexStaleDays);
  const params: unknown[] = [];
  const bind = (value: unknown, type: string): string => `$${String(params.push(value))}::${type}`;
  const keys = sorts[filter.sort].keys(age);
  const direction = orderOf(filter) === 'asc' ? 'ASC' : 'DESC';
  const names = [...keys.map((_key, index) => `k${String(index)}`), 'id'];
  const ordered = (prefix: string) => names.map((name) => `${prefix}${name} ${direction}`).join(', ');
  const conditions = machineConditions(filter, bind);
  const pageConditions = [
    ...(filter.state === undefined ? [] : [`needs_rank = ANY (${bind(filter.state.map(rankOf), 'smallint[]')})`]),
    ...afterCursor(filter, keys, names, bind),
  ];
  const sql = `
    WITH filtered AS MATERIALIZED (
      SELECT m.id, ${age.needsRank} AS needs_rank, ${keys.map((key, index) => `${key.expression} AS k${String(index)}`).join(', ')}
        FROM machines m JOIN machine_state s ON s.machine_id = m.id
       WHERE ${conditions.join(' AND ')}
    ), counted AS (
      SELECT COALESCE(json_object_agg(needs_rank, n), '{}')::text AS counts
        FROM (SELECT needs_rank, count(*) AS n FROM filtered GROUP BY needs_rank) grouped
    ), page AS (
      SELECT ${names.join(', ')} FROM filtered
       ${pageConditions.length === 0 ? '' : `WHERE ${pageConditions.join(' AND ')}`}
       ORDER BY ${ordered('')} LIMIT ${bind(filter.limit + 1, 'integer')}
    )
    SELECT counted.counts, tile.*
      FROM counted LEFT JOIN (
        SELECT ${keys.map((_key, index) => `page.k${String(index)}::text`).join(', ')},
               ${keys.map((_key, index) => `page.k${String(index)} AS sort${String(index)}`).join(', ')}, ${tileColumns(age)}
          FROM page ${TILE_SOURCES}
      ) tile ON true
     ORDER BY ${keys.map((_key, index) => `tile.sort${String(index)} ${direction}, `).join('')}tile.id ${direction}`;
  return { sql, params };
}

type Bind = (value: unknown, type: string) => string;

function machineConditions(filter: MachineListFilter, bind: Bind): string[] {
  const conditions = [`m.deleted_at IS ${filter.archived ? 'NOT NULL' : 'NULL'}`];
  if (filter.q !== undefined && filter.q !== '') {
    const pattern = bind(`%${filter.q.replace(/[\\%_]/g, String.raw`\$&`)}%`, 'text');
    conditions.push(`(m.name ILIKE ${pattern} OR m.hostname ILIKE ${pattern})`);
  }
  if (filter.status !== undefined) conditions.push(`m.status = ANY (${bind(filter.status, 'text[]')})`);
  if (filter.kind !== undefined) {
    conditions.push(`COALESCE(m.machine_kind, 'unknown') = ANY (${bind(filter.kind, 'text[]')})`);
  }
  if (filter.tag !== undefined) {
    const tags = bind(
      filter.tag.map((tag) => tag.toLowerCase()),
      'text[]',
    );
    conditions.push(`m.id IN (SELECT mt.machine_id FROM machine_tags mt JOIN tags t ON t.id = mt.tag_id
                               WHERE t.id::text = ANY (${tags}) OR lower(t.name) = ANY (${tags}))`);
  }
  return conditions;
}

function afterCursor(
  filter: MachineListFilter,
  keys: readonly SortKey[],
  names: readonly string[],
  bind: Bind,
): string[] {
  if (filter.cursor === undefined) return [];
  const forms = [...keys.map((key) => key.form), keyForms.uuid];
  const types = [...keys.map((key) => key.type), 'uuid'];
  const values = decodeCursor(cursorScope(filter), forms, filter.cursor).map((part, index) =>
    bind(part, types[index] ?? 'text'),
  );
  return [`(${names.join(', ')}) ${orderOf(filter) === 'asc' ? '>' : '<'} (${values.join(', ')})`];
}
