import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { CommandError } from './output.mts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Text for the command's standard input. */
  readonly input?: string;
  /** Where output goes: `show` passes it through, `capture` returns standard output. */
  readonly output?: 'show' | 'capture';
  readonly signal?: AbortSignal;
  /** Its last words are for people and say it all; otherwise the failure names the command before them. */
  readonly explains?: boolean;
}

/** Runs a command to its end. @returns standard output when captured. @throws CommandError with the last words of the command. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const show = options.output === 'show';
  const child = spawn(command, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    env: options.env ?? process.env,
    stdio: ['pipe', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    // Own process group: Ctrl-C in the terminal reaches the launcher alone, which then stops things in order.
    detached: true,
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    const words = Buffer.concat([...stdout, ...stderr])
      .toString('utf8')
      .trim()
      .split('\n')
      .slice(-15)
      .join('\n');
    if (options.explains === true && words !== '') throw new CommandError(words);
    throw new CommandError(
      `${command} ${args.slice(0, 3).join(' ')} failed (${code === null ? 'killed' : `exit ${String(code)}`})\n${words}`,
    );
  }
  return Buffer.concat(stdout).toString('utf8');
}

/** A process that runs until it is stopped. */
export class Service {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private hasEnded = false;
  private stopping = false;

  private constructor(name: string, child: ChildProcess, onUnexpectedEnd: (name: string, code: number | null) => void) {
    this.name = name;
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.hasEnded = true;
        resolve();
        if (!this.stopping) onUnexpectedEnd(name, code);
      });
    });
  }

  /** The IPC channel lets the service notice that the launcher died without a word. */
  static start(
    name: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    onUnexpectedEnd: (name: string, code: number | null) => void,
  ): Service {
    const options: SpawnOptions = { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true };
    return new Service(name, spawn(command, args, options), onUnexpectedEnd);
  }

  /** @returns the address that the service says it listens on, over the IPC channel. @throws CommandError when it ends first. */
  async listening(limitMs: number, signal: AbortSignal): Promise<string> {
    const gaveUp = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    const message = once(this.child, 'message', { signal: gaveUp }) as Promise<[{ origin: string }]>;
    const outcome = await Promise.race([message.catch(() => undefined), this.ended.then(() => undefined)]);
    signal.throwIfAborted();
    if (outcome === undefined) throw new CommandError(`The ${this.name} did not start; its messages above say why.`);
    return outcome[0].origin;
  }

  /** SIGTERM, and after the grace period SIGKILL. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    if (this.hasEnded) return;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}
