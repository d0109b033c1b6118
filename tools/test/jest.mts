import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { node, root } from '../launch/paths.mts';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly success: boolean;
}

/** Runs Jest, and ends it when the signal comes: only then this rejects. A suite that could not even be loaded counts as one failure, and so does a run that found no test. */
export async function jest(
  args: readonly string[],
  { env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<Totals> {
  signal?.throwIfAborted();
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-jest-'));
  const report = path.join(folder, 'report.json');
  try {
    const child = spawn(
      node,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        path.join(root, 'node_modules/jest/bin/jest.js'),
        '--json',
        `--outputFile=${report}`,
        // A test that failed half-way may leave a connection open; the run has to end and say so all the same.
        '--forceExit',
        ...args,
      ],
      // With --json Jest prints the report itself on standard output; people read what it says on standard error.
      { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } },
    );
    const stop = (): void => void child.kill('SIGTERM');
    signal?.addEventListener('abort', stop, { once: true });
    await once(child, 'close');
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
    const result = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    const silent = !result.success && failed === 0;
    return { passed: result.numPassedTests, failed: silent ? 1 : failed, skipped: result.numPendingTests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function add(left: Totals, right: Totals): Totals {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/** The closing line, alone on its own. */
export function summary(totals: Totals): string {
  return `${String(totals.passed)} passed, ${String(totals.failed)} failed, ${String(totals.skipped)} skipped`;
}
