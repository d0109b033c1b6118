import { build } from './build.mts';
import { CommandError, fail, say } from './output.mts';
import { cli, node, root } from './paths.mts';
import { run } from './processes.mts';

/** `npm run migrate`: brings the database at DATABASE_URL to this version. */
async function main(): Promise<void> {
  if ((process.env['DATABASE_URL'] ?? process.env['DATABASE_URL_FILE'] ?? '') === '') {
    throw new CommandError('Set DATABASE_URL (postgres://user:password@host/database), or DATABASE_URL_FILE.');
  }
  await build({ only: 'server' });
  say((await run(node, [cli, 'migrate'], { cwd: root, output: 'capture', explains: true })).trim());
}

main().catch(fail);
