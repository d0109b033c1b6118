import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import ts from 'typescript';
import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/kernel/config/config';
import { contractFiles } from '../src/kernel/contracts/contract-files';
import { currentVersion, schemaOf, type Contract } from '../src/kernel/contracts/contract';
import { Contracts } from '../src/kernel/contracts/contracts';
import { jsonWrites } from '../src/kernel/database/json-writes';
import { PENDING_COLUMNS } from './contracts-pending';
import { readColumns, type ColumnFacts } from './database-introspection';
import { goldenExample, goldenNames } from './support/golden-examples';
import { createTestDatabase, type TestDatabase } from './support/postgres';

const root = path.resolve(__dirname, '..', '..');
const published = path.join(root, 'docs', 'contracts');

/** Contracts whose documents no machine at hand has left yet (docs/unverified.md). */
const NEVER_SEEN = ['machine_hardware.firmware', 'audit.job.closed', 'audit.job.force_stopped'];

/** The whole program on a migrated database, as it registers its contracts when it starts. */
describe('the contracts of the program', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  let dataDir: string;
  let columns: ColumnFacts[];
  let contracts: Contracts;

  beforeAll(async () => {
    database = await createTestDatabase();
    columns = await readColumns(await database.dataSource());
    dataDir = await mkdtemp(path.join(tmpdir(), 'system-update-contracts-'));
    const config = loadConfig({ DATABASE_URL: database.url, DATA_DIR: dataDir, ROLE: 'api', LOG_LEVEL: 'silent' });
    app = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: false, abortOnError: false });
    contracts = app.get(Contracts);
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await database.drop();
    await rm(dataDir, { recursive: true });
  });

  const documented = (): string[] =>
    columns.filter(({ type }) => type === 'jsonb').map(({ table, name }) => `${table}.${name}`);
  const contracted = (): Set<string> => new Set(contracts.all().flatMap(({ columns: named }) => named));
  const pending = Object.values(PENDING_COLUMNS).flat();

  it('has all of jsonb in columns that are named for it, and nothing else there', () => {
    const named = columns.filter(({ name }) => name.endsWith('_json'));
    expect(named.filter(({ type }) => type !== 'jsonb')).toEqual([]);
    expect(documented().filter((column) => !column.endsWith('_json'))).toEqual([]);
  });

  it('covers every such column, but for those that nothing fills yet', () => {
    const covered = contracted();
    const uncovered = documented().filter((column) => !covered.has(column));
    // A column leaves the list with its first contract; one that the database does not have stands on it in error.
    expect(uncovered.sort()).toEqual([...pending].sort());
    expect([...covered].filter((column) => !documented().includes(column))).toEqual([]);
  });

  it('finds a contract for every column that the code fills', () => {
    const covered = contracted();
    const found = writesInSources();
    // Rows that move as they are from one partition of their table to another (kernel/partitions).
    found.delete('inserted.*_json');
    expect(found.size).toBeGreaterThan(5);
    expect([...found].filter((column) => !covered.has(column))).toEqual([]);
    expect([...found].filter((column) => pending.includes(column))).toEqual([]);
    // Statements that are put together escape this reading, though not the check when they are sent: so no text may
    // even name a column that nobody fills.
    const names = new Set([...covered].map((column) => column.split('.')[1]));
    expect([...namesInSources()].filter((name) => !names.has(name))).toEqual([]);
  });

  it('publishes schemas that are JSON Schema 2020-12', () => {
    const metaschema = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats(metaschema);
    const ids = new Set<string>();
    for (const file of readdirSync(path.join(published, 'schemas'))) {
      const schema = JSON.parse(readFileSync(path.join(published, 'schemas', file), 'utf8')) as Record<string, unknown>;
      expect({ file, valid: metaschema.validateSchema(schema), errors: metaschema.errors }).toMatchObject({
        valid: true,
      });
      expect(schema).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: expect.any(String) as string,
        description: expect.any(String) as string,
        required: expect.arrayContaining(['schema_version']) as string[],
      });
      ids.add(String(schema['$id']));
    }
    expect(ids.size).toBe(contracts.all().reduce((sum, contract) => sum + currentVersion(contract), 0));
  });

  it('publishes exactly these contracts', () => {
    const examples = new Set(readdirSync(path.join(published, 'examples')));
    const files = contractFiles(contracts.all(), examples);
    const found = readdirSync(published, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('examples'))
      .map((entry) => path.relative(published, path.join(entry.parentPath, entry.name)));
    expect(found.sort()).toEqual([...files.keys()].sort());
    for (const [file, text] of files) expect(readFileSync(path.join(published, file), 'utf8')).toBe(text);
  });

  it('keeps an example of every version that was ever stored', () => {
    const wanted = contracts
      .all()
      .filter(({ name }) => !NEVER_SEEN.includes(name))
      .flatMap((contract) => versionsOf(contract).map((version) => nameOf(contract, version)));
    const kept = goldenNames().map(({ contract, version }) => `${contract}@${String(version)}`);
    expect(kept.sort()).toEqual(wanted.sort());
  });

  it('reads every example, each by its own schema and brought to the newest version', () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    addFormats(ajv);
    for (const { contract: name, version } of goldenNames()) {
      const contract = contracts.all().find((candidate) => candidate.name === name);
      if (contract === undefined) throw new Error(`There is an example of ${name}, but no such contract.`);
      const example = goldenExample(name, version);
      if (version > 0) {
        const validate = ajv.compile(schemaOf(contract, version));
        validate(example);
        expect({ name, version, errors: validate.errors }).toEqual({ name, version, errors: null });
      }
      expect({ name, ...contracts.read(name, example) }).toMatchObject({ name, readable: true, version });
    }
  });
});

function versionsOf(contract: Contract): number[] {
  const versions = Object.keys(contract.versions).map(Number);
  return contract.unversioned === undefined ? versions : [0, ...versions];
}

function nameOf({ name }: Contract, version: number): string {
  return `${name}@${String(version)}`;
}

/** The `*_json` columns that texts of the program fill: SQL by its own grammar, bulk inserts by their list of columns. */
function writesInSources(): Set<string> {
  const found = new Set<string>();
  eachNode((node) => {
    const text = textOf(node);
    if (text?.includes('_json') === true)
      // Without a table it is a part of a statement that is put together.
      for (const { table, column } of jsonWrites(text)) if (table !== '') found.add(`${table}.${column}`);
    if (ts.isCallExpression(node) && node.expression.getText() === 'bulkInsert') {
      for (const column of bulk(node)) found.add(column);
    }
  });
  return found;
}

/** Every `…_json` that stands in a text of the program. */
function namesInSources(): Set<string> {
  const found = new Set<string>();
  eachNode((node) => {
    for (const [name] of (textOf(node) ?? '').matchAll(/\b[a-z][a-z0-9_]*_json\b/g)) found.add(name);
  });
  return found;
}

/** Entities describe columns, and sentences name errors; they fill none. */
function eachNode(look: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    look(node);
    ts.forEachChild(node, visit);
  };
  const folder = path.join(root, 'backend', 'src');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /(?:\.(?:spec|entity)|french-sentences)\.ts$/.test(file)) continue;
    const text = readFileSync(path.join(folder, file), 'utf8');
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  }
}

/** What stands in a text; a value put into it becomes a word that names nothing. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `inserted${literal.text}`).join('');
}

function bulk(call: ts.CallExpression): string[] {
  const [, table, columns] = call.arguments;
  if (
    table === undefined ||
    !ts.isStringLiteral(table) ||
    columns === undefined ||
    !ts.isObjectLiteralExpression(columns)
  )
    return [];
  return columns.properties.flatMap((property) =>
    ts.isPropertyAssignment(property) && property.initializer.getText() === "'jsonb'"
      ? [`${table.text}.${property.name.getText()}`]
      : [],
  );
}
