import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const FOLDERS = [
  ...['etc/apt.conf.d', 'etc/preferences.d', 'etc/sources.list.d', 'repo', 'dpkg/updates', 'dpkg/info'],
  ...['state/lists/partial', 'cache/archives/partial', 'log'],
];

const missing = spawnSync('apt-get', ['--version']).status === 0 ? null : 'apt is not on this machine';

/** `describe` where apt is at hand, as on each machine that this program looks after; elsewhere it says why it is skipped. */
export function withApt(title: string, tests: () => void): void {
  if (missing !== null && process.env['CI'] === 'true') throw new Error(`Cannot be skipped here: ${missing}.`);
  if (missing === null) describe(title, tests);
  else describe.skip(`${title} (skipped: ${missing})`, tests);
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const stanza = (name: string, version: string, fields: readonly string[]): string =>
  [`Package: ${name}`, 'Architecture: all', `Version: ${version}`, 'Maintainer: x', 'Description: x', ...fields, '']
    .map((line) => `${line}\n`)
    .join('');
export const installed = (name: string, ...fields: string[]): string =>
  stanza(name, '1', ['Status: install ok installed', ...fields]);
export const offered = (name: string, version: string, ...fields: string[]): string =>
  stanza(name, version, [`Filename: ${name}.deb`, 'Size: 77', `SHA256: ${'a'.repeat(64)}`, ...fields]);

/** A machine for the real apt and dpkg in a folder of its own: what stands there, what a repository offers, what apt is told. */
export class OwnApt {
  readonly root = mkdtempSync(path.join(tmpdir(), 'own-apt-'));

  set({ there, offers, told = '' }: { there: string; offers: string; told?: string }): void {
    const { root } = this;
    for (const name of FOLDERS) mkdirSync(path.join(root, name), { recursive: true });
    const write = (name: string, text: string): void => {
      writeFileSync(path.join(root, name), text);
    };
    write('dpkg/status', there);
    write('state/extended_states', 'Package: orphan\nArchitecture: amd64\nAuto-Installed: 1\n\n');
    write('repo/Packages', offers);
    write('etc/sources.list', `deb [trusted=yes] file:${root}/repo ./\n`);
    write(
      'apt.conf',
      `APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User "root"; Dir::Etc "${root}/etc"; ${told}
       Dir::State "${root}/state"; Dir::State::status "${root}/dpkg/status"; Dir::Cache "${root}/cache"; Dir::Log "${root}/log";\n`,
    );
    expect(this.run('apt-get -qq update')).toEqual({ status: 0, stdout: '', stderr: '' });
  }

  run(text: string): Ran {
    const { root } = this;
    const env = { ...process.env, APT_CONFIG: path.join(root, 'apt.conf'), DPKG_ADMINDIR: path.join(root, 'dpkg') };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8', env, timeout: 30_000 });
    return { status, stdout, stderr };
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
