import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SecretMasker } from '../../src/kernel/logging/secret-masker';
import type { RunResult, RunScriptOptions } from '../../src/kernel/ssh/run-types';
import type { MachineConnections } from '../../src/modules/machines/machine-connections';
import { answer } from './jobs-fakes';

/** Frames of sections that need none of the rules by which a real run keeps them apart from what a machine prints. */
const SECTIONS = `section() {
  printf '\\n@section %s\\n' "$1"
  shift
  "$@" </dev/null
}
su_no_inodes() { :; }
`;

/** A machine that is a folder here: detached runs are the product's own scripts, carried out by this machine's shell. */
export class LocalMachine {
  private readonly home = mkdtempSync(path.join(tmpdir(), 'su-machine-'));

  /** In the place of connections over SSH. */
  readonly connections = {
    connect: () =>
      Promise.resolve({
        connection: { runScript: (options: RunScriptOptions) => this.run(options) },
        sudo: { kind: 'none' },
        masker: new SecretMasker([]),
        close: () => Promise.resolve(),
      }),
  } as unknown as MachineConnections;

  /** What a script finds there, and leaves. */
  file(name: string): string {
    return path.join(this.home, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  private async run({ script, parameters = {}, onOutput }: RunScriptOptions): Promise<RunResult> {
    const env = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, this.here(value)]));
    const child = spawn('sh', ['-c', SECTIONS + this.here(script)], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await once(child, 'close');
    const sections = printed
      .split('\n@section ')
      .slice(1)
      .map((text): [string, string] => {
        const end = text.indexOf('\n');
        return [text.slice(0, end), text.slice(end + 1)];
      });
    for (const [section, text] of sections) await onOutput?.({ section, stream: 'stdout', text });
    return answer(Object.fromEntries(sections));
  }

  /** Below its folder, and without a systemd. */
  private here(text: string): string {
    return text.replaceAll('/var/lib/system-update', this.home).replaceAll('/run/systemd/system', this.file('systemd'));
  }
}
