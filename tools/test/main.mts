import { build } from '../launch/build.mts';
import { fail, say } from '../launch/output.mts';
import { ensurePackages, testPackages } from '../launch/packages.mts';
import { startTestMachines } from './machines.mts';
import { add, jest, summary, type Totals } from './jest.mts';

/**
 * `npm test`: the fast tests, then those against real machines and a real browser.
 * What cannot run here says why and is skipped; with CI=true it fails instead.
 */
async function main(): Promise<void> {
  const missing = await ensurePackages(testPackages);
  if (missing.length > 0) say(`Missing here: ${missing.join(', ')}. Tests that need them are skipped.`);
  await build();
  let totals: Totals = await jest(['--selectProjects', 'backend', 'frontend']);
  const machines = await startTestMachines();
  try {
    // Real machines share the cores with their tests: one file at a time.
    totals = add(totals, await jest(['--selectProjects', 'e2e', '--runInBand'], machines.env));
  } finally {
    await machines.stop();
  }
  say(summary(totals));
  if (totals.failed > 0) process.exitCode = 1;
}

main().catch(fail);
