/**
 * Typed access to the test fleet for other tools and for tests: a thin wrapper around the `fleet` command.
 * Everything about machines is decided there; nothing is cached here.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lastLine } from '../launch/output.mts';

const command = fileURLToPath(new URL('fleet', import.meta.url));

export type Suite = 'bookworm' | 'trixie';

/** What a user may do through sudo; `root` needs none, `requiretty` works only with a terminal. */
export type SudoRule = 'root' | 'password' | 'nopasswd' | 'requiretty' | 'none';

export interface FleetUser {
  readonly name: string;
  /** `null`: no login by password. */
  readonly password: string | null;
  /** Whether the fleet's key (`keyPath`) is authorized for this user. */
  readonly key: boolean;
  readonly sudo: SudoRule;
}

export interface FleetMachine {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly suite: Suite;
  readonly variant: '' | 'systemd' | 'python';
  /** `starting`, `running`, `rebooting`, `off`, or `failed (STATUS)`. */
  readonly state: string;
  readonly bootId: string;
  /** Seconds since the machine's own start; `null` when it is not running. */
  readonly uptimeSeconds: number | null;
  /** Process 1 of the machine as the box numbers it; `null` when it is not running. */
  readonly initPid: number | null;
  /** `ssh-ed25519 BASE64`. */
  readonly hostKey: string;
  /** Private key of the users that log in by key. */
  readonly keyPath: string;
  readonly users: readonly FleetUser[];
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Where a fleet lives; fleets with different roots and networks do not meet. Defaults: see README.md. */
export interface FleetPlace {
  readonly root?: string;
  readonly cache?: string;
  /** First three numbers of a loopback network, such as `127.0.20`. */
  readonly net?: string;
  /** `ADDRESS:PORT` of the package repository. */
  readonly apt?: string;
}

export interface UpOptions {
  readonly suite?: Suite | 'mix';
  readonly variant?: 'systemd' | 'python';
  /** Number of the first machine, 1 by default. */
  readonly from?: number;
  /** Lets one address open many connections at once, which Debian's sshd refuses by default. */
  readonly bulkSsh?: boolean;
}

/** The fleet command ended with a failure; the message is what it said. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }

  /** Its last words in one line, with the last line of the log that they name. */
  get reason(): string {
    const line = lastLine(this.message).replace(/^fleet: /, '');
    const log = /: see (\S+)$/.exec(line)?.[1];
    const end = log !== undefined && existsSync(log) ? lastLine(readFileSync(log, 'utf8')) : '';
    return end === '' ? line : `${line}, which ends with "${end}"`;
  }
}

export class Fleet {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(place: FleetPlace = {}) {
    const chosen = { FLEET_ROOT: place.root, FLEET_CACHE: place.cache, FLEET_NET: place.net, FLEET_APT: place.apt };
    const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
    this.#environment = { ...process.env, NODE: process.execPath, ...Object.fromEntries(given) };
  }

  /** @returns what this box lacks, in one line, or `undefined` when a fleet can be brought up */
  async missing(): Promise<string | undefined> {
    const { exitCode, stderr } = await this.#run(['doctor']);
    return exitCode === 0 ? undefined : stderr.replace(/^fleet: /, '').trim();
  }

  /** Brings up `count` machines, or leaves alone those that are up. @returns all machines of the fleet */
  async up(count: number, options: UpOptions = {}): Promise<FleetMachine[]> {
    const words = ['up', String(count)];
    if (options.suite !== undefined) words.push('--suite', options.suite);
    if (options.variant !== undefined) words.push('--variant', options.variant);
    if (options.from !== undefined) words.push('--from', String(options.from));
    if (options.bulkSsh === true) words.push('--bulk-ssh');
    await this.#succeed(words);
    return this.list();
  }

  async list(): Promise<FleetMachine[]> {
    return JSON.parse(await this.#succeed(['list'])) as FleetMachine[];
  }

  /** @throws FleetError when there is no machine of this name */
  async machine(name: string): Promise<FleetMachine> {
    const found = (await this.list()).find((machine) => machine.name === name);
    if (!found) throw new FleetError(`no machine named '${name}'`, 1);
    return found;
  }

  /** Runs a command as root inside a machine, without a shell and without SSH. A failing command is a result. */
  exec(name: string, words: readonly string[], input = ''): Promise<CommandResult> {
    return this.#run(['exec', name, ...words], input);
  }

  /** Puts a machine into these states together, in place of the former ones. Does not refresh apt's lists. */
  async scenario(name: string, ...states: readonly string[]): Promise<void> {
    await this.#succeed(['scenario', name, ...states]);
  }

  async sources(name: string, ...sources: readonly string[]): Promise<void> {
    await this.#succeed(['sources', name, ...sources]);
  }

  /** A fresh disk at the same address; the host key stays unless a new identity is asked for. */
  async reset(names: readonly string[], options: { newIdentity?: boolean } = {}): Promise<void> {
    await this.#succeed(['reset', ...(options.newIdentity === true ? ['--new-identity'] : []), ...names]);
  }

  async stop(...names: readonly string[]): Promise<void> {
    await this.#succeed(['stop', ...names]);
  }

  async start(...names: readonly string[]): Promise<void> {
    await this.#succeed(['start', ...names]);
  }

  /** Ends everything this fleet started; `keep` leaves the machines' disks for the next `up`. */
  async down(options: { keep?: boolean } = {}): Promise<void> {
    await this.#succeed(options.keep === true ? ['down', '--keep'] : ['down']);
  }

  async #succeed(words: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.#run(words);
    if (exitCode !== 0) throw new FleetError(stderr.trim() || `fleet ${words.join(' ')} failed`, exitCode);
    return stdout;
  }

  #run(words: readonly string[], input = ''): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, words, { env: this.#environment, stdio: 'pipe' });
      const output = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].setEncoding('utf8').on('data', (part: string) => (output[stream] += part));
      }
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (code === null) reject(new FleetError(`fleet ${words[0] ?? ''} was ended by ${signal ?? 'a signal'}`, -1));
        else resolve({ ...output, exitCode: code });
      });
      // A command that does not read its input closes the pipe early.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }
}
