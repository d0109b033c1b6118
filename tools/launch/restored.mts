import path from 'node:path';
import { build } from './build.mts';
import { fail, say } from './output.mts';
import { root } from './paths.mts';
import { checkSettings, commandAlone, refuseSecondStart } from './server.mts';

/** `npm run restored`: once after the database was restored from a backup, before anything is started. */
async function main(): Promise<void> {
  const dataDir = path.resolve(process.env['DATA_DIR'] ?? path.join(root, 'data'));
  refuseSecondStart(dataDir);
  await checkSettings(dataDir, new AbortController().signal);
  await build({ only: 'server' });
  say((await commandAlone(dataDir, ['restored'])).trim());
}

main().catch(fail);
