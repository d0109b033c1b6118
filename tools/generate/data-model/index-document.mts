import type { Index, Table } from './introspect.mts';
import { indexQueries } from './index-queries.mts';
import type { Group } from './model.mts';

const INTRO = `# Indexes and what each serves

Made by \`npm run generate\` from a migrated database; it fails while an index is not said to serve a query. That the queries on what grows most use theirs is proven by plans in \`backend/test/database-growth.spec.ts\`. Primary keys are left out: they find a row by its id. An index that only finds the rows which refer to another one is there so that removing that one stays cheap.
`;

export function indexDocument(groups: readonly Group[]): string {
  const present = groups.flatMap(({ tables }) => tables.flatMap(({ indexes }) => indexes.map(({ name }) => name)));
  const stale = Object.keys(indexQueries).filter((name) => !present.includes(name));
  if (stale.length > 0)
    throw new Error(`tools/generate/data-model/index-queries.mts names no index: ${stale.join(', ')}`);
  return [INTRO, ...groups.map(section)].join('\n');
}

function section({ title, tables }: Group): string {
  const rows = tables.flatMap((table) =>
    table.indexes.map((index) => `| ${table.name} | \`${shown(index)}\` | ${serves(table, index)} |`),
  );
  return [`## ${title}`, '', '| Table | Index | Serves |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function shown(index: Index): string {
  const on = index.on.replace('btree ', '').replaceAll('::text', '');
  return index.unique ? `unique ${on}` : on;
}

function serves(table: Table, index: Index): string {
  const written = indexQueries[index.name];
  const key = table.keys.find((candidate) => candidate.kind === 'f' && candidate.columns[0] === index.columns[0]);
  const removal = key?.references == null ? '' : `Removing a row of ${key.references}.`;
  const texts = [written ?? '', removal].filter((text) => text !== '');
  if (texts.length > 0) return texts.join(' ');
  throw new Error(`Say in tools/generate/data-model/index-queries.mts which query ${index.name} serves.`);
}
