import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { until } from './ssh-wait';
import { forkTypeScript } from './typescript-process';

/** A worker process that can be killed. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Jobs whose run it began. */
  readonly began: string[];
  /** Lets all runs end, now and later. */
  finish(): void;
  /** Resolves when the process is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a worker in a process of its own and waits until it works. */
export async function startWorkerProcess(databaseUrl: string): Promise<WorkerProcess> {
  const child = forkTypeScript(join(__dirname, 'jobs-child.ts'), [databaseUrl]);
  const began: string[] = [];
  const state = { ready: false, gone: false };
  child.on('message', (message: { ready?: boolean; began?: string }) => {
    if (message.ready === true) state.ready = true;
    if (message.began !== undefined) began.push(message.began);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      state.gone = true;
      resolve();
    });
  });
  await until('the worker process works', () => state.ready || state.gone, 30_000);
  if (state.gone) throw new Error('the worker process ended before it began');
  return {
    child,
    began,
    finish: () => void child.send('finish'),
    end: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
