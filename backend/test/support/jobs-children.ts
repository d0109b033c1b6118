import { fork, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './ssh-wait';

/** Lets a plain Node process load our sources: Jest's transformer is not there, and decorators cannot be stripped. */
const LOADER = `
'use strict';
const fs = require('node:fs');
const ts = require(${JSON.stringify(require.resolve('typescript'))});
const { compilerOptions } = ts.readConfigFile(${JSON.stringify(join(__dirname, '..', '..', '..', 'tsconfig.backend.json'))}, ts.sys.readFile).config;
const options = { ...ts.convertCompilerOptionsFromJson(compilerOptions, '.').options, module: ts.ModuleKind.CommonJS, moduleResolution: undefined, sourceMap: false };
require.extensions['.ts'] = (module, file) =>
  module._compile(ts.transpileModule(fs.readFileSync(file, 'utf8'), { fileName: file, compilerOptions: options }).outputText, file);
`;

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
  const folder = await mkdtemp(join(tmpdir(), 'jobs-worker-'));
  const loader = join(folder, 'loader.cjs');
  writeFileSync(loader, LOADER);
  const child = fork(join(__dirname, 'jobs-child.ts'), [databaseUrl], { execArgv: ['--require', loader] });
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
  await rm(folder, { recursive: true });
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
