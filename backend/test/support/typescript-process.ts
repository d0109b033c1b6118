import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/**
 * Starts a TypeScript file of ours in a process of its own, which can be killed. What it prints is piped with `piped`,
 * and shown otherwise.
 */
export function forkTypeScript(
  file: string,
  args: readonly string[],
  options: { piped?: boolean; env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  return fork(file, args, {
    execArgv: ['--require', join(__dirname, '..', '..', '..', 'tools', 'typescript-loader.cjs')],
    silent: options.piped ?? false,
    env: { ...process.env, ...options.env },
  });
}
