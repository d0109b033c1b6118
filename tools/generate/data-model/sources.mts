import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from '../../launch/paths.mts';

/** What the sources say of columns: the docstrings of the entities, by `table.column`. */
export function columnDescriptions(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of globSync('backend/src/**/entities/*.entity.ts', { cwd: root }).sort()) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
    for (const statement of source.statements.filter(ts.isClassDeclaration)) {
      const table = option(statement, ['Entity'], 'name');
      if (table === undefined) continue;
      for (const member of statement.members.filter(ts.isPropertyDeclaration)) {
        const column = option(member, ['Column', 'PrimaryColumn'], 'name') ?? member.name.getText();
        const description = docstring(member);
        if (description !== '') found.set(`${table}.${column}`, description);
      }
    }
  }
  return found;
}

/** The value of a text option of a decorator, `@Entity({ name: 'jobs' })`. */
function option(node: ts.HasDecorators, decorators: readonly string[], name: string): string | undefined {
  for (const decorator of ts.getDecorators(node) ?? []) {
    const call = decorator.expression;
    if (!ts.isCallExpression(call) || !decorators.includes(call.expression.getText())) continue;
    for (const argument of call.arguments.filter(ts.isObjectLiteralExpression)) {
      for (const property of argument.properties.filter(ts.isPropertyAssignment)) {
        if (property.name.getText() === name && ts.isStringLiteral(property.initializer)) {
          return property.initializer.text;
        }
      }
    }
  }
  return undefined;
}

function docstring(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return comments
    .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim();
}

export interface MigrationSource {
  /** `phase-4-docker-settings-roots-and-stacks` */
  readonly name: string;
  readonly description: string;
  readonly creates: readonly string[];
}

/** The migrations in their order. */
export function migrationSources(): MigrationSource[] {
  return globSync('migrations/[0-9]*-*.ts', { cwd: root })
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
      const [declared] = source.statements.filter(ts.isClassDeclaration);
      return {
        name: path.basename(file, '.ts').replace(/^\d+-/, ''),
        description: declared === undefined ? '' : docstring(declared),
        creates: [...text.matchAll(/CREATE TABLE (\w+) \(/g)].map(([, table]) => table ?? ''),
      };
    });
}

/** The rooms of the server that write each table. */
export function writers(tables: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>(tables.map((table) => [table, new Set()]));
  const files = globSync('backend/src/{kernel,modules}/**/*.ts', { cwd: root });
  for (const file of files.filter((name) => !name.endsWith('.spec.ts'))) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const [, , , room = ''] = file.split(path.sep);
    for (const [, sql, bulk] of text.matchAll(
      /(?:INSERT INTO|UPDATE) (\w+)|(?:(?:bulkInsert|replaceRow)\(\s*[\w.]+,|tableName:)\s*'(\w+)'/g,
    )) {
      found.get(sql ?? bulk ?? '')?.add(room);
    }
  }
  return new Map([...found].map(([table, rooms]) => [table, [...rooms].sort()]));
}
