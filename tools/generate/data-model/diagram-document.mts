import type { Column, Table } from './introspect.mts';
import { isPrimary, referencesOf, type Group, type Reference } from './model.mts';

const INTRO = `# Relations

Made by \`npm run generate\` from a migrated database. [The details of every column](schema.md).

## The whole

Solid lines are foreign keys, dotted ones ids that are only named and stay when the row is gone. Tables with a thick border belong to one machine and go with it when it is purged; those lines to \`machines\` are left out, and so are those of a table to itself.
`;

/** Columns that a diagram shows beside keys and references. */
const TELLING =
  /^(name|label|kind|action|status|mode|operation|event_type|category|severity|tool_name|path|cidr|host)$/;

export function diagramDocument(groups: readonly Group[]): string {
  const parts = groups.map((group) => `## ${group.title}\n\n${groupDiagram(group)}\n`);
  return [INTRO, whole(groups), '', ...parts].join('\n');
}

function whole(groups: readonly Group[]): string {
  const lines = ['```mermaid', 'flowchart LR'];
  for (const { key, title, tables } of groups) {
    lines.push(`  subgraph group_${key}["${title}"]`, ...tables.map(({ name }) => `    ${name}`), '  end');
  }
  const tables = groups.flatMap((group) => group.tables);
  for (const reference of tables.flatMap(referencesOf).filter(isDrawn)) {
    lines.push(`  ${reference.from} ${reference.onDelete === null ? '-.->' : '-->'} ${reference.to}`);
  }
  const owned = ownedTables(tables);
  lines.push('  classDef owned stroke-width:3px', `  class machines,${owned.join(',')} owned`, '```');
  return withoutRepeats(lines).join('\n');
}

/** A line that the thick border does not say already. */
function isDrawn(reference: Reference): boolean {
  return reference.to !== reference.from && !goesWithMachine(reference);
}

/** Those that hang on a machine, and those that go with one of them. */
function ownedTables(tables: readonly Table[]): string[] {
  const owned = new Set(['machines']);
  for (let before = 0; before < owned.size;) {
    before = owned.size;
    for (const table of tables) {
      const goes = referencesOf(table).some(({ to, onDelete }) => owned.has(to) && onDelete === 'goes too');
      if (goes) owned.add(table.name);
    }
  }
  return [...owned].filter((name) => name !== 'machines');
}

/** Two columns may refer to the same table. */
function withoutRepeats(lines: readonly string[]): string[] {
  return lines.filter((line, index) => !/^ {2}\S+ -\.?->? /.test(line) || lines.indexOf(line) === index);
}

function goesWithMachine({ to, onDelete }: Reference): boolean {
  return to === 'machines' && onDelete === 'goes too';
}

/** The tables of a group with their keys and what tells rows apart; tables of other groups by their names. */
function groupDiagram({ tables }: Group): string {
  const lines = ['```mermaid', 'erDiagram'];
  for (const table of tables) {
    lines.push(`  ${table.name} {`, ...shown(table).map((column) => `    ${attribute(table, column)}`), '  }');
  }
  for (const table of tables) lines.push(...referencesOf(table).map((reference) => `  ${relation(table, reference)}`));
  return [...lines, '```'].join('\n');
}

/** `|o` may be null, `o|` is the whole key of its row; dotted without a foreign key. */
function relation(table: Table, { from, column, to, onDelete }: Reference): string {
  const one = table.columns.some(({ name, notNull }) => name === column && notNull) ? '||' : '|o';
  const many = table.keys.some(({ kind, columns }) => kind === 'p' && columns.join() === column) ? 'o|' : 'o{';
  return `${to} ${one}${onDelete === null ? '..' : '--'}${many} ${from} : ${column}`;
}

function shown(table: Table): Column[] {
  const references = new Set(referencesOf(table).map(({ column }) => column));
  return table.columns.filter(
    (column) => isPrimary(table, column) || references.has(column.name) || TELLING.test(column.name),
  );
}

function attribute(table: Table, column: Column): string {
  const type = column.type.replace('timestamp with time zone', 'timestamptz').replace(/\W/g, '_');
  const isReference = referencesOf(table).some((reference) => reference.column === column.name && reference.onDelete);
  const keys = [isPrimary(table, column) ? 'PK' : '', isReference ? 'FK' : ''].filter((key) => key !== '');
  return `${type} ${column.name} ${keys.join(', ')}`.trimEnd();
}
