import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../launch/build.mts';
import { fail, say } from '../launch/output.mts';
import { cli, node, root } from '../launch/paths.mts';
import { run } from '../launch/processes.mts';
import { dataModelPaths, generateDataModel } from './data-model/main.mts';
import { frenchSentences, generateFrenchSentences } from './french-sentences.mts';

const { startPostgres } = createRequire(import.meta.url)(
  '../postgres/embedded.cjs',
) as typeof import('../postgres/embedded.cjs');

/** What this makes, and `npm run check` proves fresh. */
export const generatedPaths = [
  'docs/openapi.json',
  'frontend/src/app/api',
  'docs/contracts',
  ...dataModelPaths,
  frenchSentences,
] as const;

/** Writes the OpenAPI document of the built server, from it the portal's client, the contracts of the running program, and the data model. */
export async function generate(): Promise<void> {
  await generateFrenchSentences();
  const document = path.join(root, generatedPaths[0]);
  const env = { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', DATA_DIR: path.join(root, 'dist') };
  await run(node, [cli, 'openapi', document], { cwd: root, env });
  await run(node, ['node_modules/ng-openapi-gen/lib/index.js', '--config', 'tools/generate/ng-openapi-gen.json'], {
    cwd: root,
  });
  await withDatabase((url, dataDir) =>
    run(node, [cli, 'contracts', path.join(root, generatedPaths[2])], {
      cwd: root,
      env: { ...process.env, DATABASE_URL: url, DATA_DIR: dataDir },
    }),
  );
  await generateDataModel();
}

/** A migrated database of this alone: rooms register their contracts when the program starts, which it does on one only. */
async function withDatabase(work: (url: string, dataDir: string) => Promise<unknown>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-generate-'));
  const logFile = path.join(folder, 'postgres.log');
  const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres'), durable: false, logFile });
  try {
    const env = { ...process.env, DATABASE_URL: postgres.url, DATA_DIR: folder };
    await run(node, [cli, 'migrate'], { cwd: root, env, output: 'capture' });
    await work(postgres.url, folder);
  } finally {
    await postgres.discard();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  build({ only: 'server' })
    .then(generate)
    .then(() => {
      say(`Wrote ${generatedPaths.join(', ')}.`);
    })
    .catch(fail);
}
