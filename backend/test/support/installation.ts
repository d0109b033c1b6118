import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApiClient } from './api-client';

const dist = path.resolve(__dirname, '..', '..', '..', 'dist', 'backend', 'src');

/** One process of the built product. */
export interface ProductProcess {
  readonly pid: number;
  /** Empty where it serves no HTTP. */
  readonly origin: string;
  /** What it has logged so far. */
  output(): string;
  /** Most memory it has held at once, in MB: VmHWM of Linux. */
  peakMegabytes(): number;
  /** Sends the signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Null while it runs, and where a signal ended it. */
  exitCode(): number | null;
}

/** The built product in as many processes as a test wants, on one database, with one folder for its keys. */
export class Installation {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'system-update-e2e-'));
  private readonly processes: ProductProcess[] = [];

  constructor(
    readonly databaseUrl: string,
    private readonly settings: NodeJS.ProcessEnv = {},
  ) {}

  /** Starts one process and waits until it listens (`worker`: until it works). @throws Error with its words when it ends first */
  async start(
    role: 'all' | 'api' | 'worker',
    settings: NodeJS.ProcessEnv = {},
    words: readonly string[] = ['--enable-source-maps', path.join(dist, 'main.js')],
  ): Promise<ProductProcess> {
    const child = spawn(process.execPath, words, {
      env: { ...this.environment(), ...settings, ROLE: role },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = collect(child);
    const gone = once(child, 'close').then(() => undefined);
    const listens = once(child, 'message').then(([message]) => message as { origin: string });
    const ready = role === 'worker' ? log.says('"working"').then(() => ({ origin: '' })) : listens;
    const started = await Promise.race([ready, gone]);
    if (started === undefined || child.pid === undefined)
      throw new Error(`The ${role} ended at its start:\n${log.text()}`);
    const { pid } = child;
    const process_: ProductProcess = {
      pid,
      origin: started.origin,
      output: log.text,
      peakMegabytes: () => peakOf(pid),
      exitCode: () => child.exitCode,
      end: async (signal) => {
        if (child.exitCode === null && child.signalCode === null) child.kill(signal);
        await gone;
      },
    };
    this.processes.push(process_);
    return process_;
  }

  /** The administrator of a fresh installation. */
  async administrator({ origin }: ProductProcess): Promise<ApiClient> {
    const setupLink = (await this.command('setup-link', origin)).trim();
    return ApiClient.administrator({ origin, setupLink });
  }

  /** Everything that all processes have logged. */
  output(): string {
    return this.processes.map((one) => one.output()).join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.end('SIGTERM')));
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async command(...words: string[]): Promise<string> {
    const child = spawn(process.execPath, [path.join(dist, 'cli.js'), ...words], {
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    const errors = collect(child);
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${words.join(' ')} failed:\n${errors.text()}`);
    return printed;
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: this.databaseUrl,
      DATA_DIR: this.dataDir,
      PORTAL_DIR: '',
      ...this.settings,
    };
  }
}

function collect(child: ChildProcess): { text: () => string; says: (word: string) => Promise<void> } {
  let text = '';
  let heard: (() => void) | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      heard?.();
    });
  }
  return {
    text: () => text,
    says: (word) =>
      new Promise((resolve) => {
        heard = () => {
          if (text.includes(word)) resolve();
        };
        heard();
      }),
  };
}

function peakOf(pid: number): number {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Number(peak) / 1024;
}
