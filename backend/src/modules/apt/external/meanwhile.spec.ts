import type { FinishedChange } from '../../jobs/actions/change-action';
import { parseInventory, withoutOthers } from '../upgrade/applied';
import { meanwhile } from './meanwhile';

const RUN = '01a21a78-c53e-71ae-9c9e-d5852ca72870';
const OURS = `apt-get -o DPkg::Pre-Install-Pkgs::=/var/lib/system-update/runs/${RUN}/guard upgrade`;
const BEGAN = 1_795_740_450;

type Entry = readonly [start: number, end: number | null, command: string, packages: string, by?: string];

/** The facts of a run, as the machine keeps them; times in seconds since the run began. */
function run(apt: readonly Entry[], dpkg: readonly string[], worked = '7'): Pick<FinishedChange, 'sections'> {
  const entries = apt.map(([start, end, command, packages, by]) =>
    [
      `Start-Date: ${String(BEGAN + start)}`,
      `Commandline: ${command}`,
      ...(by === undefined ? [] : [`Requested-By: ${by} (1000)`]),
      packages,
      ...(end === null ? [] : [`End-Date: ${String(BEGAN + end)}`]),
      '',
    ].join('\n'),
  );
  const steps = dpkg.map((line) => line.replace(/^\S+/, (at) => String(BEGAN + Number(at))).replaceAll(' ', '\t'));
  const facts = {
    began: `${String(BEGAN)}\n`,
    apt_worked: `${worked}\n`,
    apt_history: entries.join('\n'),
    dpkg_history: steps.join('\n'),
  };
  const section = (stdout: string) => ({ stdout, stderr: '', exitCode: 0, truncated: false });
  return { sections: new Map(Object.entries(facts).map(([name, text]) => [name, section(text)])) };
}

describe('what others changed while a run was at work', () => {
  const guard: Entry = [3, 4, 'apt-get install guard', 'Upgrade: guard:amd64 (1.0, 1.1)', 'ops'];
  const plain: Entry = [6, 8, OURS, 'Upgrade: plain:amd64 (1.0, 1.1)'];

  it('is told apart by what apt and dpkg wrote down', () => {
    const found = meanwhile(
      run(
        [guard, plain, [9, 10, 'apt-get install plain=1.0', 'Downgrade: plain:amd64 (1.1, 1.0)']],
        [
          '3 upgrade guard:all 1.0 1.1',
          '7 upgrade plain:all 1.0 1.1',
          '8 install lib:amd64 <none> 2 direct',
          '10 upgrade plain:all 1.1 1.0',
        ],
      ),
      RUN,
    );
    expect(found).toMatchObject({
      ours: [{ name: 'plain', from: '1.0', to: '1.1' }],
      others: [
        { name: 'guard', actor: 'ops', source: 'apt', command: 'apt-get install guard' },
        { name: 'lib', operation: 'installed', actor: 'root', source: 'dpkg', command: null },
        { name: 'plain', operation: 'downgraded', from: '1.1', to: '1.0', source: 'apt' },
      ],
      workedAt: new Date((BEGAN + 6) * 1000),
    });
  });

  it('is not what an archive of ours brought under another name than its index says', () => {
    const found = meanwhile(
      run(
        [plain],
        ['7 upgrade plain:all 1.0 1.1', '7 install odd:amd64 <none> 2', '8 install lib:amd64 <none> 2 direct'],
      ),
      RUN,
    );
    expect(found?.ours.map(({ name }) => name)).toEqual(['plain', 'odd']);
    expect(found?.others.map(({ name }) => name)).toEqual(['lib']);
  });

  it('is not what came before, though its apt was still at work', () => {
    const found = meanwhile(
      run(
        [[-30, 1, 'apt-get upgrade', 'Upgrade: a:amd64 (1, 2), b:amd64 (1, 2)'], plain],
        ['-20 upgrade a:amd64 1 2', '1 upgrade b:amd64 1 2', '7 upgrade plain:amd64 1.0 1.1'],
      ),
      RUN,
    );
    expect(found?.others.map(({ name }) => name)).toEqual(['b']);
  });

  it('is what came after a run that was cut off, and not what the run itself had done without an end', () => {
    const found = meanwhile(
      run(
        [
          [6, null, OURS, 'Upgrade: plain:amd64 (1.0, 1.1), other:amd64 (1.0, 1.1)'],
          [500, 510, 'apt-get upgrade', 'Upgrade: other:amd64 (1.0, 1.1)'],
        ],
        ['7 upgrade plain:amd64 1.0 1.1', '505 upgrade other:amd64 1.0 1.1'],
      ),
      RUN,
    );
    expect(found?.ours.map(({ name }) => name)).toEqual(['plain']);
    expect(found?.others.map(({ name }) => name)).toEqual(['other']);
  });

  it('is what was done, and not what was only begun', () => {
    const failed: Entry = [3, 4, 'apt-get upgrade', 'Upgrade: guard:amd64 (1.0, 1.1)\nError: dpkg failed'];
    const found = meanwhile(
      run(
        [failed, [6, 8, OURS, 'Upgrade: plain:amd64 (1.0, 1.1), cf:amd64 (2, 3)\nError: dpkg failed']],
        ['3 upgrade guard:all 1.0 1.1 begun', '7 upgrade plain:all 1.0 1.1', '8 upgrade cf:all 2 3 begun'],
      ),
      RUN,
    );
    expect(found?.others).toEqual([]);
    expect(found?.ours.map(({ name }) => name)).toEqual(['plain']);
    // Without dpkg's log nobody can tell how far it came.
    expect(meanwhile(run([failed, plain], []), RUN)).toBeNull();
    const before: Entry = [-20, -10, 'apt-get upgrade', 'Upgrade: guard:amd64 (1.0, 1.1)\nError: dpkg failed'];
    expect(meanwhile(run([before, plain], []), RUN)?.others).toEqual([]);
  });

  it('is told by apt alone where dpkg keeps no log', () => {
    const found = meanwhile(run([guard, plain], []), RUN);
    expect(found?.ours.map(({ name }) => name)).toEqual(['plain']);
    expect(found?.others.map(({ name }) => name)).toEqual(['guard']);
  });

  it('is not known where apt has worked for us and its log does not say so', () => {
    expect(meanwhile(run([], ['7 upgrade plain:amd64 1.0 1.1']), RUN)).toBeNull();
    expect(meanwhile(run([], [], '0'), RUN)).toEqual({ ours: [], others: [], workedAt: null });
  });

  it('is told beside what was purged after it had been removed, and beside what cannot be read where dpkg keeps a log', () => {
    const names = (entry: Entry, dpkg: string[]) =>
      meanwhile(run([entry, guard, plain], dpkg), RUN)?.others.map(({ name }) => name);
    expect(names([1, 2, 'apt-get purge gone', 'Purge: gone:amd64 ()'], [])).toEqual(['guard']);
    const odd: Entry = [1, 2, 'apt-get install odd', 'Install: odd'];
    expect(names(odd, ['2 install odd:amd64 <none> 1', '3 upgrade guard:all 1.0 1.1'])).toEqual(['odd', 'guard']);
    expect(names(odd, [])).toBeUndefined();
  });

  it.each([
    ['unreadable', { stdout: 'what is this', stderr: '', exitCode: 0, truncated: false }],
    ['failed', { stdout: '', stderr: 'no', exitCode: 65, truncated: false }],
    ['cut', { stdout: '', stderr: '', exitCode: 0, truncated: true }],
  ])('is not known where a log is %s', (_name, section) => {
    const { sections } = run([plain], ['7 upgrade plain:amd64 1.0 1.1']);
    expect(meanwhile({ sections: new Map([...sections, ['dpkg_history', section]]) }, RUN)).toBeNull();
    const missing = new Map(sections);
    missing.delete('apt_history');
    expect(meanwhile({ sections: missing }, RUN)).toBeNull();
  });
});

describe('inventories without what others did', () => {
  const inventory = (...rows: string[]) =>
    parseInventory(rows.map((row) => `ii \t${row.replaceAll(' ', '\t')}\n`).join(''));
  const versions = (entries: ReturnType<typeof inventory>): string[] =>
    [...entries].map(([key, { version, state }]) => `${key} ${version} ${state ?? 'unknown'}`).sort();
  const step = { operation: 'upgraded', arch: 'amd64' } as const;
  const theirs = { ...step, at: new Date(0), source: 'dpkg', actor: 'root', command: null } as const;

  it.each([
    ['ended well', true, 'installed'],
    ['failed', false, 'unknown'],
  ])('leave the run that %s what it had done before somebody went over it', (_name, whole, state) => {
    const [before, after] = withoutOthers(
      inventory('plain 1.0 amd64', 'guard 1.0 all', 'mine 1 amd64'),
      inventory('plain 1.0 amd64', 'guard 1.1 all', 'lib 2 amd64', 'mine 2 amd64'),
      {
        ours: [{ ...step, name: 'plain', from: '1.0', to: '1.1' }],
        others: [
          { ...theirs, name: 'guard', arch: 'all', from: '1.0', to: '1.1' },
          { ...theirs, name: 'lib', operation: 'installed', from: null, to: '2' },
          { ...theirs, name: 'plain', operation: 'downgraded', from: '1.1', to: '1.0' },
        ],
        workedAt: null,
      },
      whole,
    );
    expect(versions(before)).toEqual([
      'guard:all 1.0 installed',
      'mine:amd64 1 installed',
      'plain:amd64 1.0 installed',
    ]);
    expect(versions(after)).toEqual(['guard:all 1.0 installed', 'mine:amd64 2 installed', `plain:amd64 1.1 ${state}`]);
  });

  it('begin where the run began, though somebody came before it on the same package', () => {
    const [before, after] = withoutOthers(
      inventory('plain 1.0 amd64'),
      inventory('plain 1.2 amd64'),
      {
        ours: [{ ...step, name: 'plain', from: '1.1', to: '1.2' }],
        others: [{ ...theirs, name: 'plain', from: '1.0', to: '1.1' }],
        workedAt: null,
      },
      true,
    );
    expect(versions(before)).toEqual(['plain:amd64 1.1 installed']);
    expect(versions(after)).toEqual(['plain:amd64 1.2 installed']);
  });
});
