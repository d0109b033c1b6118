import { execFile, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fail, say } from '../launch/output.mts';
import { node, root } from '../launch/paths.mts';
import { fastTests, jest, summary } from '../test/jest.mts';
import { staleGeneratedFiles } from './generated.mts';
import { lockfileHoles } from './lockfile.mts';

interface Check {
  readonly name: string;
  /** @returns what is wrong; empty when all is well. */
  run(): Promise<string> | string;
}

/** Tools that would tell their makers about their use, or look for newer versions of themselves. */
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

function tool(name: string, script: string, ...args: string[]): Check {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...quiet } };
  const run = (): Promise<string> =>
    new Promise((resolve) => {
      execFile(node, [script, ...args], options, (error, stdout, stderr) => {
        resolve(error === null ? '' : `${stdout}${stderr}` || error.message);
      });
    });
  return { name, run };
}

/** Every shell file that git tracks: by its ending, or by its first line. */
function shellFiles(): string[] {
  const tracked = spawnSync('git', ['grep', '-lIE', '^#!/(bin|usr/bin)/(env )?(ba|da)?sh'], {
    cwd: root,
    encoding: 'utf8',
  }).stdout;
  const byEnding = spawnSync('git', ['ls-files', '*.sh'], { cwd: root, encoding: 'utf8' }).stdout;
  const files = new Set(
    `${tracked}${byEnding}`.split('\n').filter((file) => file !== '' && !file.includes('/fixtures/')),
  );
  return [...files].filter((file) => !/\.(mts|ts|md|cjs|mjs)$/.test(file));
}

const shellcheck: Check = {
  name: 'shellcheck',
  run: () => {
    const result = spawnSync('shellcheck', ['-x', ...shellFiles()], { cwd: root, encoding: 'utf8' });
    if (result.error !== undefined) {
      if (process.env['CI'] === 'true') return 'shellcheck is not installed';
      say('  skipped: shellcheck is not installed here');
      return '';
    }
    return result.status === 0 ? '' : result.stdout;
  },
};

const modules = 'node_modules';
/** Those that only read: as many run at once as there are cores, the longest first. */
const reading: readonly Check[] = [
  tool('lint', `${modules}/eslint/bin/eslint.js`, '--max-warnings', '0', '.'),
  tool('format', `${modules}/prettier/bin/prettier.cjs`, '--check', '--log-level', 'warn', '.'),
  tool('types: backend', `${modules}/typescript/bin/tsc`, '-p', 'tsconfig.spec.json', '--noEmit'),
  tool('types: tools', `${modules}/typescript/bin/tsc`, '-p', 'tsconfig.tools.json'),
  tool(
    'types: portal',
    `${modules}/@angular/compiler-cli/bundles/src/bin/ngc.js`,
    '-p',
    'frontend/tsconfig.app.json',
    '--noEmit',
  ),
  tool('types: tests of the portal', `${modules}/typescript/bin/tsc`, '-p', 'frontend/tsconfig.spec.json', '--noEmit'),
  tool(
    'module boundaries',
    `${modules}/dependency-cruiser/bin/dependency-cruiser.mjs`,
    '--config',
    '.dependency-cruiser.cjs',
    'backend/src',
  ),
  tool('dead code', `${modules}/knip/bin/knip.js`, '--no-progress'),
  shellcheck,
  { name: 'lockfile', run: lockfileHoles },
  tool('openapi', `${modules}/@redocly/cli/bin/cli.js`, 'lint', '--max-problems', '50', 'docs/openapi.json'),
];

/** Makes them anew in their place: alone. */
const generated: Check = { name: 'generated files', run: staleGeneratedFiles };

/** @returns the check's name, where something is wrong. */
async function carryOut(check: Check): Promise<string[]> {
  const started = Date.now();
  const problem = await check.run();
  say(`${problem === '' ? 'ok  ' : 'FAIL'} ${check.name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (problem === '') return [];
  say(problem);
  return [check.name];
}

async function carryOutAll(checks: readonly Check[]): Promise<string[]> {
  const left = [...checks];
  const failures: string[] = [];
  const next = async (): Promise<void> => {
    for (let check = left.shift(); check !== undefined; check = left.shift()) failures.push(...(await carryOut(check)));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
  return failures;
}

/** `npm run check`; with `-- --without-tests` where `npm test` runs the same fast tests next. */
async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: { 'without-tests': { type: 'boolean', default: false } } });
  const failures = [...(await carryOutAll(reading)), ...(await carryOut(generated))];
  if (!options['without-tests']) {
    const totals = await jest(fastTests);
    say(summary(totals));
    if (totals.failed > 0) process.exitCode = 1;
  }
  if (failures.length === 0) return;
  say(`Failed: ${failures.join(', ')}`);
  process.exitCode = 1;
}

main().catch(fail);
