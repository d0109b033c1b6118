import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const script = readFileSync(path.join(__dirname, '..', 'scripts', 'apt-repair.sh'), 'utf8');

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
