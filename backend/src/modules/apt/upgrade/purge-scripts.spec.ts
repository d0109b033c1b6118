import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePlanLines } from './plan-lines';

const folder = path.join(__dirname, '..', 'scripts');
const script = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'apt-purge-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const stanza = (name: string, version: string, ...fields: string[]): string =>
  [`Package: ${name}`, 'Architecture: all', `Version: ${version}`, 'Maintainer: x', 'Description: x', ...fields, '']
    .map((line) => `${line}\n`)
    .join('');
const installed = (name: string, ...fields: string[]): string =>
  stanza(name, '1', 'Status: install ok installed', ...fields);

/** A machine of apt's own whose administrator had `APT::Get::Purge "true"` set, with a repository that holds these packages. */
function machine(status: string, offered: string): void {
  for (const name of [
    'etc/apt.conf.d',
    'etc/preferences.d',
    'etc/sources.list.d',
    'repo',
    'dpkg/updates',
    'state/lists/partial',
    'cache/archives/partial',
    'log',
  ]) {
    mkdirSync(path.join(root, name), { recursive: true });
  }
  const write = (name: string, text: string): void => {
    writeFileSync(path.join(root, name), text);
  };
  write('dpkg/status', status);
  write('state/extended_states', 'Package: orphan\nArchitecture: amd64\nAuto-Installed: 1\n\n');
  write('repo/Packages', offered);
  write('etc/sources.list', `deb [trusted=yes] file:${root}/repo ./\n`);
  write(
    'apt.conf',
    `APT::Get::Purge "true"; APT::Architecture "amd64"; APT::Architectures "amd64"; APT::Sandbox::User "root";
     Dir::Etc "${root}/etc";
     Dir::State "${root}/state"; Dir::State::status "${root}/dpkg/status"; Dir::Cache "${root}/cache"; Dir::Log "${root}/log";\n`,
  );
  expect(shell('apt-get -qq update')).toEqual({ status: 0, stdout: '', stderr: '' });
}

function shell(text: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, APT_CONFIG: path.join(root, 'apt.conf') };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', text], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const effects = (printed: string): string[] => printed.split('\n').filter((line) => /^(Inst|Remv|Purg) /.test(line));

/** What the functions of these scripts print, on that machine. */
function printed(parameters: string, names: readonly string[], call: string): string[] {
  const scripts = names.map(script).join('\n');
  const { status, stdout, stderr } = shell(`work=${root} PINS=${root}/pins ${parameters}\n${scripts}\n${call}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return effects(stdout);
}

const onDebian = spawnSync('apt-get', ['--version']).status === 0 ? describe : describe.skip;

onDebian('a machine on which apt was told to purge what it removes', () => {
  const upgraded = ['Remv old [1]', 'Inst lib [1] (2 localhost [all])'];

  it.each([
    ['everything', "SCOPE=all MODE=dist_upgrade PACKAGES=''"],
    ['chosen packages', "SCOPE=packages MODE=dist_upgrade PACKAGES='lib'"],
  ])('keeps configuration and data of what an upgrade of %s removes', (_name, parameters) => {
    machine(installed('lib') + installed('old'), stanza('lib', '2', 'Conflicts: old', 'Filename: lib.deb', 'Size: 1'));
    const names = "transaction_names() { printf '%s\\n' $PACKAGES; }";
    const call = `${names}\ntransaction_simulate`;
    expect(printed(`MACHINE_ID=m ${parameters}`, ['apt-transaction.sh'], call)).toEqual(upgraded);
  });

  it('keeps those of what nothing needs any more', () => {
    machine(installed('orphan'), '');
    const call = ': >"$work/keep"; autoremove_apt -s';
    const names = ['apt-transaction.sh', 'apt-autoremove-lines.sh'];
    expect(printed('MACHINE_ID=m', names, call)).toEqual(['Remv orphan [1]']);
  });

  it('keeps those of what a repair removes', () => {
    machine(installed('broken', 'Depends: nowhere'), '');
    const names = ['apt-transaction.sh', 'apt-repair-lines.sh'];
    expect(printed('MACHINE_ID=m', names, 'repair_apt -s')).toEqual(['Remv broken [1]']);
  });

  it('is analysed as our changes would change it', () => {
    machine(installed('orphan'), '');
    const apt = /^apt_sim\(\).*$/m.exec(script('apt-update-analyze/10-work.sh'))?.[0] ?? '';
    expect(printed('', [], `${apt}\napt_sim autoremove`)).toEqual(['Remv orphan [1]']);
  });
});

it('what a simulation would purge all the same is no line of a plan', () => {
  const simulation = path.join(root, 'simulation');
  writeFileSync(simulation, 'Purg a [1]\n');
  const { stdout } = shell(
    `MACHINE_ID=m MODE=dist_upgrade SCOPE=all\n${script('apt-transaction.sh')}\ntransaction_lines ${simulation}`,
  );
  expect(() => parsePlanLines(stdout)).toThrow('unknown line');
});
