import { build } from '../launch/build.mts';
import { fail, say } from '../launch/output.mts';
import { ensurePackages, testPackages } from '../launch/packages.mts';
import { startTestMachines } from './machines.mts';
import { add, jest, summary, type Totals } from './jest.mts';

/**
 * `npm test`: the fast tests, then those against real machines and a real browser.
 * What cannot run here says why and is skipped; with CI=true it fails instead.
 */
/** Real machines share the cores with their tests: one file at a time. */
async function endToEnd(): Promise<Totals> {
  const machines = await startTestMachines();
  if (typeof machines === 'string') {
    say(`Skipped: the tests on real machines and in the browser (${machines}).`);
    return process.env['CI'] === 'true' ? { passed: 0, failed: 1, skipped: 0 } : { passed: 0, failed: 0, skipped: 1 };
  }
  try {
    return await jest(['--selectProjects', 'e2e', '--runInBand', '--testTimeout=180000'], machines.env);
  } finally {
    await machines.stop();
  }
}

async function main(): Promise<void> {
  const missing = await ensurePackages(testPackages);
  if (missing.length > 0) say(`Missing here: ${missing.join(', ')}.`);
  await build();
  const fast = await jest(['--selectProjects', 'backend', 'frontend', '--testTimeout=30000']);
  const totals = add(fast, await endToEnd());
  say(summary(totals));
  if (totals.failed > 0) process.exitCode = 1;
}

main().catch(fail);
