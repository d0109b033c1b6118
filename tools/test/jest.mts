import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { say } from '../launch/output.mts';
import { node, root } from '../launch/paths.mts';

/** More failing files than this are a broken product, not an unsteady test. */
const FILES_TO_REPEAT = 3;

/**
 * The tests that need no machines. Each file leaves some of its modules in memory: their process is exchanged for a new one once it
 * is large, where one for all of them would end at its limit.
 */
export const fastTests = [
  '--selectProjects',
  'backend',
  'frontend',
  '--testTimeout=30000',
  // Jest itself would leave one core to others: on two cores, half the speed.
  '--maxWorkers=100%',
  '--workerIdleMemoryLimit=1500MB',
] as const;

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed at first and passed at the second try. */
  readonly unsteady: readonly string[];
}

export interface JestOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

interface FileResult {
  /** Its path. */
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
}

interface JestReport {
  readonly testResults: readonly FileResult[];
  readonly success: boolean;
}

/**
 * Runs Jest, and ends it when the signal comes: only then this rejects. A suite that could not even be loaded counts as one
 * failure, and so does a run that found no test.
 *
 * A few files that failed run once more, by themselves: real machines and servers share their cores with all the rest. Each
 * test that needed it is named at the end, to be mended; what fails twice has failed.
 */
export async function jest(args: readonly string[], options: JestOptions = {}): Promise<Totals> {
  const first = await runJest(args, options);
  const failed = first.testResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0 || failed.length > FILES_TO_REPEAT) return totalsOf(first);
  say(`\nOnce more, by themselves:\n${failed.map(({ name }) => `  ${path.relative(root, name)}`).join('\n')}\n`);
  const alone = [...args.filter((arg) => !arg.startsWith('--maxWorkers')), '--runInBand'];
  const second = await runJest([...alone, '--runTestsByPath', ...failed.map(({ name }) => name)], options);
  const others = { success: true, testResults: first.testResults.filter(({ status }) => status !== 'failed') };
  const unsteady = failed
    .filter(({ name }) => second.testResults.some((one) => one.name === name && one.status === 'passed'))
    .flatMap(namesOfFailures);
  return add(totalsOf(others), { ...totalsOf(second), unsteady });
}

async function runJest(args: readonly string[], { env, signal }: JestOptions): Promise<JestReport> {
  signal?.throwIfAborted();
  const folder = mkdtempSync(path.join(tmpdir(), 'system-update-jest-'));
  const report = path.join(folder, 'report.json');
  try {
    const child = spawn(
      node,
      [
        '--experimental-vm-modules',
        // Jest's processes have to end, too: see backend/src/v8-flags.ts. They hand it on to their own.
        '--no-concurrent-sparkplug',
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
    return JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function totalsOf({ testResults, success }: JestReport): Totals {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults.map(({ status }) => status));
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
  const failed = tests.filter((status) => status === 'failed').length + unloaded;
  return {
    passed: tests.filter((status) => status === 'passed').length,
    failed: !success && failed === 0 ? 1 : failed,
    skipped: tests.filter((status) => status === 'pending' || status === 'todo').length,
    unsteady: [],
  };
}

function namesOfFailures({ name, assertionResults }: FileResult): string[] {
  const failed = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  return (failed.length === 0 ? ['the file itself'] : failed).map((test) => `${path.relative(root, name)}: ${test}`);
}

export function add(left: Totals, right: Totals): Totals {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
    unsteady: [...left.unsteady, ...right.unsteady],
  };
}

/** What was unsteady, and the closing line, alone on its own. */
export function summary(totals: Totals): string {
  const unsteady = totals.unsteady.map((test) => `  ${test}\n`).join('');
  return (
    (unsteady === '' ? '' : `Unsteady, passed at the second try only; mend it:\n${unsteady}`) +
    `${String(totals.passed)} passed, ${String(totals.failed)} failed, ${String(totals.skipped)} skipped`
  );
}
