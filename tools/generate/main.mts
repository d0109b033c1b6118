import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from '../launch/build.mts';
import { fail, say } from '../launch/output.mts';
import { cli, node, root } from '../launch/paths.mts';
import { run } from '../launch/processes.mts';
import { dataModelPaths, generateDataModel } from './data-model/main.mts';

/** What this makes, and `npm run check` proves fresh. */
export const generatedPaths = ['docs/openapi.json', 'frontend/src/app/api', ...dataModelPaths] as const;

/** Writes the OpenAPI document of the built server, from it the portal's client, and the documents of the data model. */
export async function generate(): Promise<void> {
  const document = path.join(root, generatedPaths[0]);
  const env = { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', DATA_DIR: path.join(root, 'dist') };
  await run(node, [cli, 'openapi', document], { cwd: root, env });
  await run(node, ['node_modules/ng-openapi-gen/lib/index.js', '--config', 'tools/generate/ng-openapi-gen.json'], {
    cwd: root,
  });
  await generateDataModel();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  build({ only: 'server' })
    .then(generate)
    .then(() => {
      say(`Wrote ${generatedPaths.join(', ')}.`);
    })
    .catch(fail);
}
