import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installed, offered, OwnApt, withApt } from '../../../../test/support/own-apt';
import { parsePlanLines } from './plan-lines';

const folder = path.join(__dirname, '..', 'scripts');
const script = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

let apt: OwnApt;
beforeEach(() => {
  apt = new OwnApt();
});
afterEach(() => {
  apt.remove();
});

/** Its administrator had apt purge what it removes. */
function machine(there: string, offers: string): void {
  apt.set({ there, offers, told: 'APT::Get::Purge "true";' });
}

/** The effects that the functions of these scripts print, on that machine. */
function printed(parameters: string, names: readonly string[], call: string): string[] {
  const scripts = names.map(script).join('\n');
  const { root } = apt;
  const { status, stdout, stderr } = apt.run(`work=${root} PINS=${root}/pins ${parameters}\n${scripts}\n${call}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.split('\n').filter((line) => /^(Inst|Remv|Purg) /.test(line));
}

withApt('a machine on which apt was told to purge what it removes', () => {
  const upgraded = ['Remv old [1]', 'Inst lib [1] (2 localhost [all])'];

  it.each([
    ['everything', "SCOPE=all MODE=dist_upgrade PACKAGES=''"],
    ['chosen packages', "SCOPE=packages MODE=dist_upgrade PACKAGES='lib'"],
  ])('keeps configuration and data of what an upgrade of %s removes', (_name, parameters) => {
    machine(installed('lib') + installed('old'), offered('lib', '2', 'Conflicts: old'));
    expect(printed(`MACHINE_ID=m ${parameters}`, ['apt-transaction.sh'], 'transaction_simulate')).toEqual(upgraded);
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
    const simulated = /^apt_sim\(\).*$/m.exec(script('apt-update-analyze/10-work.sh'))?.[0] ?? '';
    expect(printed('', [], `${simulated}\napt_sim autoremove`)).toEqual(['Remv orphan [1]']);
  });
});

it('what a simulation would purge all the same is no line of a plan', () => {
  const simulation = path.join(apt.root, 'simulation');
  writeFileSync(simulation, 'Purg a [1]\n');
  const { stdout } = apt.run(
    `MACHINE_ID=m MODE=dist_upgrade SCOPE=all\n${script('apt-transaction.sh')}\ntransaction_lines ${simulation}`,
  );
  expect(() => parsePlanLines(stdout)).toThrow('unknown line');
});
