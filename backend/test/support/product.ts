import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The product as a person starts it: the launcher with its own PostgreSQL, on a free port. */
export interface Product {
  readonly origin: string;
  /** Its folder of data: keys, database, artifacts. */
  readonly dataDir: string;
  /** The one-time link that was printed. */
  readonly setupLink: string;
  /** What it has printed so far. */
  output(): string;
  stop(): Promise<number | null>;
}

const root = path.resolve(__dirname, '..', '..', '..');

export async function startProduct(env: NodeJS.ProcessEnv = {}): Promise<Product> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'system-update-e2e-'));
  const child: ChildProcess = spawn(process.execPath, [path.join(root, 'tools/launch/start.mts')], {
    cwd: root,
    env: { ...process.env, DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const started = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      printed += chunk.toString('utf8');
      if (printed.includes('Ctrl-C stops everything')) resolve(printed);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('close', () => {
      reject(new Error(`The product ended at its start:\n${printed}`));
    });
  });
  const text = await started;
  let stopping = false;
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => {
    if (!stopping) process.stderr.write(`The product ended by itself (${String(code)}):\n${printed.slice(-8_000)}\n`);
    return code;
  });
  const setupLink = /http\S+#token=\S+/.exec(text)?.[0] ?? '';
  return {
    origin: new URL(setupLink).origin,
    dataDir,
    setupLink,
    output: () => printed,
    stop: async () => {
      stopping = true;
      child.kill('SIGTERM');
      const code = await ended;
      rmSync(dataDir, { recursive: true, force: true });
      return code;
    },
  };
}
