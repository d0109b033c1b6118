import path from 'node:path';
import { build } from './build.mts';
import { startDemoFleet, type DemoFleet } from './demo.mts';
import { CommandError, fail, say } from './output.mts';
import { root } from './paths.mts';
import { checkSettings, refuseSecondStart, startServer, type RunningServer } from './server.mts';

/**
 * `npm start` and `npm run demo`: one command from a checkout to a page in the browser.
 * Everything started here is stopped again, in reverse order, on Ctrl-C, SIGTERM, or when a step fails.
 */
const demo = process.argv.includes('--demo');
const dataDir = path.resolve(process.env['DATA_DIR'] ?? path.join(root, demo ? '.demo' : 'data'));

const interrupted = new AbortController();
const running: { name: string; stop: () => Promise<void> }[] = [];
let ended: (() => void) | undefined;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted.abort(new CommandError('Interrupted.'));
    ended?.();
  });
}

async function stopAll(): Promise<void> {
  for (let part = running.pop(); part !== undefined; part = running.pop()) {
    try {
      await part.stop();
    } catch (error) {
      say(`Stopping the ${part.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
}

function printAddress(server: RunningServer, setupLink: string): void {
  say('');
  say(`  system_update is at   ${server.origin}`);
  if (setupLink !== '')
    say(`  First, open this link once to create the administrator (valid for 24 h):\n\n    ${setupLink}`);
  say(`\n  Data is kept in ${dataDir}. Ctrl-C stops everything.\n`);
}

async function enrolDemo(server: RunningServer, fleet: DemoFleet): Promise<void> {
  const report = await server.command(['enrol'], JSON.stringify({ machines: fleet.inventory, analyse: true }));
  say(report.trim());
}

async function main(): Promise<void> {
  let why = '';
  const finished = new Promise<void>((resolve) => (ended = resolve));
  refuseSecondStart(dataDir);
  await checkSettings(dataDir, interrupted.signal);
  await build({ signal: interrupted.signal });
  const fleet = demo ? await startDemoFleet(interrupted.signal) : undefined;
  if (fleet !== undefined) running.push({ name: 'demo machines', stop: fleet.stop });
  const server = await startServer({
    dataDir,
    signal: interrupted.signal,
    onEnd: (reason) => {
      why = reason;
      ended?.();
    },
  });
  running.push({ name: 'server', stop: server.stop });
  const setupLink = (await server.command(['setup-link', server.origin])).trim();
  if (fleet !== undefined && fleet.inventory.length > 0) await enrolDemo(server, fleet);
  printAddress(server, setupLink);
  if (!interrupted.signal.aborted) await finished;
  if (why !== '') throw new CommandError(why);
  say('Stopping …');
}

main()
  .finally(stopAll)
  .then(() => {
    say('Stopped.');
  })
  .catch((error: unknown) => {
    if (interrupted.signal.aborted) process.exit(130);
    fail(error);
  });
