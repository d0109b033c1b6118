import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installed, offered, OwnApt, withApt } from '../../../../test/support/own-apt';
import { planningRun } from '../fixtures/captured-change';
import { missingBytes } from '../upgrade/archive-facts';
import { plannedRecords } from '../upgrade/sized-package';

const read = (name: string): string => readFileSync(path.join(__dirname, '..', 'scripts', name), 'utf8');
const script = read('apt-repair.sh');

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'apt-repair-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

/** What the script did, in its order, where all that it calls only tells of itself. */
function done(stubs: string): { status: number | null; did: string[] } {
  const calls =
    'facts_before proxy_config refuse_backups confirm_plan begin_in_time has_begun dpkg transaction_patiently';
  const text = `
    SU_DIR='${work}' GUARD= NO_REMOVE=0 auto_notes='${work}/notes' did='${work}/did'
    for one in ${calls}; do eval "$one() { echo $one >>'${work}/did'; }"; done
    for none in transaction_environment repair_apt plan_locks keep step configure_progress su_seconds_up; do eval "$none() { :; }"; done
    repair_lines() { : >"$work/unfinished"; : >"$work/pending"; echo machine m; }
    su_seconds_up() { echo 1; }
    finish() { exit "$1"; }
    ${stubs}
    ${script}`;
  const { status } = spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 20_000 });
  return { status, did: readFileSync(path.join(work, 'did'), 'utf8').trim().split('\n') };
}

it('a repair looks for a backup once its plan is confirmed, and before it configures anything', () => {
  const { status, did } = done('');
  expect(status).toBe(0);
  expect(did.indexOf('refuse_backups')).toBeGreaterThan(did.indexOf('confirm_plan'));
  expect(did.indexOf('dpkg')).toBeGreaterThan(did.indexOf('refuse_backups'));
  expect(did).toContain('transaction_patiently');
});

it('a repair that meets a backup does nothing', () => {
  expect(done('refuse_backups() { finish 75; }')).toMatchObject({ status: 75, did: ['facts_before', 'confirm_plan'] });
});

it('a repair looks again once it has waited for the locks, and ends where a backup began meanwhile, before it has begun itself', () => {
  const { status, did } = done(
    `plan_locks() { [ -e '${work}/waited' ] || printf '/var/lib/dpkg/lock\\t1\\tapt\\n'; }
     sleep() { : >'${work}/waited'; }
     refuse_backups() { echo refuse_backups >>'${work}/did'; [ ! -e '${work}/waited' ] || finish 75; }`,
  );
  expect(status).toBe(75);
  expect(did.filter((call) => call === 'refuse_backups')).toHaveLength(2);
  expect(did).not.toContain('has_begun');
  expect(did).not.toContain('dpkg');
});

withApt('the plan of a repair', () => {
  it('tells what would come and what goes, and what of it is still to be fetched', () => {
    const apt = new OwnApt();
    try {
      const there =
        installed('lacking', 'Depends: lib') + installed('broken', 'Depends: nowhere', 'Installed-Size: 40');
      apt.set({ there, offers: offered('lib', '2', 'Installed-Size: 123') });
      const section = (stdout: string) => ({ stdout, stderr: '', exitCode: 0, truncated: false });
      const asked = (call: string): ReturnType<typeof section> => {
        const names = ['apt-transaction.sh', 'apt-sizes.sh', 'apt-repair-lines.sh'].map(read).join('\n');
        const archives = /^repair_archives\(\) \{\n[^]*?^\}\n/m.exec(read('apt-repair-plan.sh'))?.[0] ?? '';
        const file = '"$work/simulation"';
        const text = `work=${apt.root} MACHINE_ID=m\n${names}\n${archives}\nrepair_apt -s >${file} && ${call}`;
        const { stdout, ...more } = apt.run(text);
        expect(more).toEqual({ status: 0, stderr: '' });
        return section(stdout);
      };
      const run = planningRun(
        new Map([
          ['plan_records', asked('sizes_coming "$work/simulation"')],
          ['plan_installed', asked('sizes_present "$work/simulation"')],
        ]),
      );
      const records = plannedRecords(run, 'amd64');
      expect(records.ofTarget('lib', '2', 'all')).toMatchObject({ downloadBytes: 77, installedBytes: 123 * 1024 });
      expect(records.ofInstalled('broken')).toMatchObject({ installedBytes: 40 * 1024 });
      expect(missingBytes(asked('repair_archives'))).toBe(77);
    } finally {
      apt.remove();
    }
  });
});
