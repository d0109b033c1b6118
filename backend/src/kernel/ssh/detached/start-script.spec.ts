import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { detachedScripts } from './detached-scripts';

const ID = '01890000-0000-7000-8000-000000000000';
/** A head that comes when the test has it come, and a start that waits for it no longer than that. */
const LATE = `run_launch() { :; }
run_await() { echo 'outcome unsure'; }
su_no_inodes() { :; }
section() { [ "$1" != start ] || "$2"; }
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'start-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const here = (script: string): string => script.replaceAll('/var/lib/system-update', home);
const folder = (): string => path.join(home, 'runs', ID);
const head = (): string => here(detachedScripts.runner);
/** What the start says; `meanwhile` are functions of shell in the place of commands. */
function start(expected: boolean, meanwhile = ''): string {
  const values = {
    RUN_ID: ID,
    RUN_INSTALLATION: 'installation',
    RUN_EPOCH: '1',
    RUN_FENCE: '1',
    RUN_STOPPABLE: '',
    RUN_PLAN: '',
    RUN_DIGEST: '',
    RUN_EXPECTED: expected ? '1' : '',
    RUN_RUNNER: head(),
    RUN_SCRIPT: `echo worked >${home}/worked`,
    RUN_PARAMETERS: '',
  };
  const script = here(detachedScripts.start).replace('\nsection start', () => `\n${LATE}${meanwhile}\nsection start`);
  const { stdout, stderr } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, ...values },
    timeout: 20_000,
  });
  expect(stderr).toBe('');
  return stdout.trim();
}
/** The head comes now. @returns whether what it is for was done */
function headComes(): boolean {
  spawnSync('sh', ['-c', head(), 'sh', folder()], { timeout: 20_000 });
  return existsSync(path.join(home, 'worked'));
}
/** In the place of a command: right before it the head takes the name by which it begins. */
const beginsBefore = (command: string): string =>
  `${command}() { [ -e "$run_dir/process" ] || echo '1 0 boot/1 0' >"$run_dir/process"; command ${command} "$@"; }`;

describe('the head of a run that comes late', () => {
  beforeEach(() => {
    expect(start(false)).toBe('outcome unsure');
    expect(readdirSync(folder())).toEqual(expect.arrayContaining(['plan', 'runner', 'script']));
  });

  it('begins it', () => {
    expect(headComes()).toBe(true);
    expect(start(true)).toBe('outcome attached');
  });

  it('begins nothing that was called missing meanwhile', () => {
    expect(start(true)).toBe('outcome missing');
    expect(existsSync(folder())).toBe(false);
    expect(headComes()).toBe(false);
  });

  it('is not called missing where it comes at that very moment', () => {
    expect(start(true, beginsBefore('ln'))).toBe('outcome attached');
    expect(existsSync(path.join(folder(), 'script'))).toBe(true);
  });

  it('begins nothing that a start before had begun to take back', () => {
    linkSync(path.join(folder(), 'script'), path.join(folder(), 'process'));
    expect(headComes()).toBe(false);
    expect(start(true)).toBe('outcome missing');
    expect(existsSync(folder())).toBe(false);
  });

  it('begins what is wanted again after it was taken back in part', () => {
    linkSync(path.join(folder(), 'script'), path.join(folder(), 'process'));
    expect(start(false)).toBe('outcome unsure');
    expect(headComes()).toBe(true);
  });

  it('begins nothing that was called busy or failed meanwhile', () => {
    const busy = `run_others() { printf 'outcome busy\\nholder other\\n'; return 1; }`;
    expect(start(false, busy)).toBe('outcome busy\nholder other');
    expect(headComes()).toBe(false);
    expect(start(false)).toBe('outcome unsure');
    expect(start(false, `run_launch() { echo 'no unit'; return 1; }`)).toMatch(/^outcome failed\nreason no unit/);
    expect(headComes()).toBe(false);
  });

  it('is not called busy or failed where it comes at that very moment', () => {
    const busy = `run_others() { echo 'outcome busy'; return 1; }`;
    expect(start(false, `${busy}\n${beginsBefore('ln')}`)).toBe('outcome attached');
    rmSync(path.join(folder(), 'process'));
    const failed = `run_launch() { return 1; }`;
    expect(start(false, `${failed}\n${beginsBefore('ln')}`)).toBe('outcome attached');
    expect(existsSync(path.join(folder(), 'script'))).toBe(true);
  });
});
