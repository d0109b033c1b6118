import { build } from '../launch/build.mts';
import { CommandError, fail, say } from '../launch/output.mts';
import { ensurePackages, testPackages } from '../launch/packages.mts';
import { FLEETS, startTestMachines } from './machines.mts';
import { add, fastTests, jest, summary, type Totals } from './jest.mts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted.abort(new CommandError('Interrupted.'));
  });
}

/** Much of their time is spent waiting for machines: three files at a time, each with machines of its own. */
async function endToEnd(): Promise<Totals> {
  const machines = await startTestMachines(interrupted.signal);
  if (typeof machines === 'string') {
    say(`Skipped: the tests on real machines and in the browser (${machines}).`);
    const one = process.env['CI'] === 'true' ? { failed: 1, skipped: 0 } : { failed: 0, skipped: 1 };
    return { passed: 0, ...one, unsteady: [] };
  }
  try {
    return await jest(['--selectProjects', 'e2e', `--maxWorkers=${String(FLEETS)}`, '--testTimeout=180000'], {
      env: machines.env,
      signal: interrupted.signal,
    });
  } finally {
    await machines.stop();
  }
}

/**
 * `npm test`: the fast tests, then those against real machines and a real browser.
 * Interrupted, it takes down what it brought up and ends with 130.
 * What cannot run here says why and is skipped; with CI=true it fails instead.
 */
async function main(): Promise<void> {
  const missing = await ensurePackages(testPackages, interrupted.signal);
  if (missing.length > 0) say(`Missing here: ${missing.join(', ')}.`);
  await build({ signal: interrupted.signal });
  const fast = await jest(fastTests, { signal: interrupted.signal });
  const totals = add(fast, await endToEnd());
  say(summary(totals));
  if (totals.failed > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  if (interrupted.signal.aborted) process.exit(130);
  fail(error);
});
