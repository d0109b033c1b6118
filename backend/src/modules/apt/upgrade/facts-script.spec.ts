import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CollectedSection } from '../../jobs/actions/job-action';
import { FACTS_SCRIPTS } from '../actions/apt-changes';
import { finished } from '../../../../test/support/captured-upgrade';
import { rebootAfter } from './reboot-after';

const folder = path.join(__dirname, '..', 'scripts');

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'apt-facts-'));
  mkdirSync(path.join(work, 'facts'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

/** What the proof of a run keeps on this very machine, under the names of facts. */
function facts(): Map<string, CollectedSection> {
  const text = [
    `work='${work}' RUN_ID=run SU_DIR='${work}'`,
    `keep() { fact="$work/facts/$1"; shift; ("$@") </dev/null >"$fact.out" 2>"$fact.err"; echo $? >"$fact.code"; }`,
    ...FACTS_SCRIPTS.map((name) => readFileSync(path.join(folder, name), 'utf8')),
    // Neither finds anything on a machine of tests, and both are slow.
    'new_conffiles() { :; }',
    'written() { :; }',
    'facts_before; facts_after',
  ].join('\n');
  writeFileSync(path.join(work, 'script'), text);
  spawnSync('sh', [path.join(work, 'script')], { timeout: 50_000 });
  const read = (name: string, end: string): string => readFileSync(path.join(work, 'facts', `${name}.${end}`), 'utf8');
  const names = readdirSync(path.join(work, 'facts')).flatMap((file) => /^(.*)\.code$/.exec(file)?.[1] ?? []);
  return new Map(
    names.map((name) => [
      `fact.${name}`,
      { stdout: read(name, 'out'), stderr: read(name, 'err'), exitCode: Number(read(name, 'code')), truncated: false },
    ]),
  );
}

it('the proof of a run tells whether the machine needs a restart by more than the mark of a package', () => {
  const found = facts();
  const looked = ['environment', 'reboot_flag', 'kernels', 'container'];
  // Where the tests run process 1 may be of somebody else.
  expect(found.has('fact.init_maps')).toBe(true);
  expect(looked.map((name) => [name, found.get(`fact.${name}`)?.exitCode])).toEqual(looked.map((name) => [name, 0]));
  // Without its look at every process.
  expect([0, 127]).toContain(found.get('fact.needrestart')?.exitCode);
  expect(found.get('fact.needrestart')?.stdout).not.toContain('NEEDRESTART-SVC');
  const signals = rebootAfter(finished(found))?.reasons.map(({ signal }) => signal);
  expect(signals).toEqual(expect.arrayContaining(['flag_file', 'kernel', 'init_libraries']));
});
