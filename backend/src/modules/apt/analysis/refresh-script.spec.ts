import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const file = path.join(__dirname, '..', 'scripts', 'apt-update-analyze', '20-refresh.sh');

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'refresh-script-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

/** Refreshes where apt says this, on a clock that is a second further at every look. @returns how often apt was called */
function attemptsAfter(said: string): number {
  writeFileSync(path.join(work, 'said'), said);
  const apt = path.join(work, 'apt-get');
  writeFileSync(apt, `#!/bin/sh\ncat '${work}/said' >&2\nexit 100\n`);
  chmodSync(apt, 0o755);
  const script = `PATH='${work}':$PATH work='${work}' LISTS=/var/lib/apt/lists REFRESH=1 LOCK_WAIT=4
REFRESH_TIMEOUT=20 FETCH_TIMEOUT=20 OUTPUT_MAX=10000
proxy_config() { :; }
sleep() { :; }
su_seconds_up() { echo x >>"$work/clock"; wc -l <"$work/clock"; }
${readFileSync(file, 'utf8')}
refresh`;
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 100, stderr: said });
  return Number(readFileSync(path.join(work, 'attempts'), 'utf8'));
}

const missed = 'E: Unable to lock directory /var/lib/apt/lists/\n';

it('a refresh waits for a lock of the lists that somebody holds', () => {
  const held = 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 9 (apt-get)\n';
  expect(attemptsAfter(held + missed)).toBeGreaterThan(1);
});

it('a refresh does not wait for a lock that it may not open', () => {
  const denied = 'E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)\n';
  expect(attemptsAfter(denied + missed)).toBe(1);
});
