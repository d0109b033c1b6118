import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { withDatabase } from '../../bench/database.mts';
import { cli, node, root } from '../../launch/paths.mts';
import { run } from '../../launch/processes.mts';
import { diagramDocument } from './diagram-document.mts';
import { indexDocument } from './index-document.mts';
import { introspect, type Table } from './introspect.mts';
import { grouped } from './model.mts';
import { phasesDocument } from './phases-document.mts';
import { schemaDocument } from './schema-document.mts';
import { columnDescriptions, migrationSources, writers } from './sources.mts';

const { startPostgres } = createRequire(import.meta.url)(
  '../../postgres/embedded.cjs',
) as typeof import('../../postgres/embedded.cjs');

/** What {@link generateDataModel} writes. */
export const dataModelPaths = ['schema', 'diagram', 'indexes', 'phases'].map((name) => `docs/data-model/${name}.md`);

/** Migrates an empty database with the built server and writes down what came of it. */
export async function generateDataModel(): Promise<void> {
  const tables = await migratedTables();
  const groups = grouped(tables);
  const texts = [
    schemaDocument(groups, columnDescriptions()),
    diagramDocument(groups),
    indexDocument(groups),
    phasesDocument(tables, migrationSources(), writers(tables.map(({ name }) => name))),
  ];
  for (const [position, document] of dataModelPaths.entries()) {
    const file = path.join(root, document);
    writeFileSync(file, await format(texts[position] ?? '', { ...(await resolveConfig(file)), filepath: file }));
  }
}

async function migratedTables(): Promise<Table[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-generate-'));
  // The server runs as another user when this runs as root, and mkdtemp closes the folder to others.
  const server = await startPostgres({ dataDir: `${folder}-data`, durable: false, logFile: path.join(folder, 'log') });
  try {
    await run(node, [cli, 'migrate'], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: server.url, DATA_DIR: folder },
      output: 'capture',
    });
    return await withDatabase(server.url, introspect);
  } finally {
    await server.discard();
    rmSync(folder, { recursive: true, force: true });
  }
}
