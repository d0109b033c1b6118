import type { Column, Table } from './introspect.mts';
import { isPrimary, isSpecified, referencesOf, specification, type Group } from './model.mts';

const INTRO = `# The data model in detail

Made by \`npm run generate\` from a database that the migrations have built, with the descriptions of the entities; \`npm run check\` proves it fresh. Names are those of the [specification](specification.json), letter for letter; **+** marks what was added to it. The [last section](#deviations) lists every deliberate deviation.

Ids are UUIDs of version 7, made by the program; they begin with their time. Moments are \`timestamptz\`, sizes \`bigint\` in bytes, documents \`jsonb\`. _A word_ is \`^[a-z][a-z0-9_]*$\`: an open list, which features to come may extend; closed lists are written out. What a reference does when its row goes stands behind it; _names_ is an id without a foreign key, which stays when the row is gone.
`;

const shortTypes: Readonly<Record<string, string>> = { 'timestamp with time zone': 'timestamptz' };

/** Every table with its columns, by group. */
export function schemaDocument(groups: readonly Group[], descriptions: ReadonlyMap<string, string>): string {
  const sections = groups.map(
    ({ title, tables }) => `## ${title}\n\n${tables.map((table) => section(table, descriptions)).join('\n')}`,
  );
  return [INTRO, contents(groups), ...sections, deviations()].join('\n');
}

function contents(groups: readonly Group[]): string {
  return groups
    .map(({ title, tables }) => `- **${title}**: ${tables.map(({ name }) => `[${name}](#${name})`).join(', ')}\n`)
    .join('');
}

function section(table: Table, descriptions: ReadonlyMap<string, string>): string {
  const added = isSpecified(table.name) ? '' : ' +';
  const months = table.partitionedBy === null ? '' : ` Cut into months by \`${table.partitionedBy}\`.`;
  const rows = table.columns.map((column) =>
    row(table, column, descriptions.get(`${table.name}.${column.name}`) ?? ''),
  );
  return [
    `### ${table.name}${added}`,
    '',
    `${table.comment}${months}`,
    '',
    '| Column | Type | Null | Default | |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...manyColumnChecks(table),
    '',
  ].join('\n');
}

function row(table: Table, column: Column, description: string): string {
  const added = isSpecified(table.name) && !isSpecified(table.name, column.name) ? ' **+**' : '';
  const type = shortTypes[column.type] ?? column.type;
  const about = [
    isPrimary(table, column) ? '_key_' : '',
    allowed(table, column),
    reference(table, column),
    description,
  ];
  const cells = [
    `\`${column.name}\`${added}`,
    type,
    column.notNull ? '' : 'null',
    shortDefault(column.default),
    about
      .filter((part) => part !== '')
      .map((part) => part.replace(/\.$/, ''))
      .join('. '),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function shortDefault(value: string | null): string {
  return value === null ? '' : `\`${value.replace(/::[\w[\] ]+$/, '')}\``;
}

function reference(table: Table, column: Column): string {
  const found = referencesOf(table).find((candidate) => candidate.column === column.name);
  if (found === undefined) return '';
  const target = `[${found.to}](#${found.to})`;
  return found.onDelete === null ? `names ${target}` : `→ ${target} (${found.onDelete})`;
}

/** The CHECK of one column in few words. */
function allowed(table: Table, column: Column): string {
  const checks = table.keys.filter((key) => key.kind === 'c' && key.columns.join() === column.name);
  return checks.map(({ definition }) => inWords(definition)).join(', ');
}

function inWords(definition: string): string {
  const values = [...definition.matchAll(/'(\w+)'::text/g)].map(([, value]) => value ?? '');
  if (definition.includes('= ANY')) return values.map((value) => `\`${value}\``).join(' ');
  if (definition.includes('^[a-z][a-z0-9_]*$')) return 'a word';
  if (definition.includes('^suenc:1:')) return 'an envelope';
  if (definition.includes('^[0-9a-f]{64}$')) return '64 hexadecimal digits';
  if (definition.includes('65535')) return '1 to 65535';
  if (definition.includes('<= (100)')) return '0 to 100';
  if (/>= \(?0\)?/.test(definition)) return 'not negative';
  if (definition.includes('> 0)')) return 'positive';
  return `\`${definition.replace(/^CHECK \(\((.*)\)\)$/, '$1').replaceAll('::text', '')}\``;
}

function manyColumnChecks(table: Table): string[] {
  const checks = table.keys.filter((key) => key.kind === 'c' && key.columns.length > 1);
  return checks.flatMap(({ definition }) => ['', `\`${definition.replaceAll('::text', '')}\``]);
}

function deviations(): string {
  const lines = Object.entries(specification.deviations).map(([what, why]) => `- \`${what}\` — ${why}`);
  return ['## Deviations', '', 'What is deliberately not as specified, and why:', '', ...lines, ''].join('\n');
}
