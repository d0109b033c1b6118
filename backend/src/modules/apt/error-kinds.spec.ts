import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyseApt } from './analysis/analyse';
import { APT_ERROR_KINDS, type AptErrorKind } from './contracts/apt-error-kinds';
import { MACHINE_ERROR_KINDS, type MachineErrorKind } from './contracts/machine-error-kinds';
import { capturedChange, planningRun } from './fixtures/captured-change';
import { FIXTURE_FOLDER, loadFixture, parseFixture } from './fixtures/load-fixture';
import { failureOf } from './upgrade/plan-failures';
import { upgradeErrors } from './upgrade/upgrade-errors';

const SUITES = ['bookworm', 'trixie'];
const CHANGES = ['upgrade', 'repair', 'autoremove'];
const measuredAt = new Date('2026-11-23T12:00:00Z');
const statesIn = (folder: string): string[] =>
  readdirSync(path.join(FIXTURE_FOLDER, folder)).map((file) => path.basename(file, '.txt'));

/** Classes that no machine at hand shows, each with the reason. */
const UNPROVEN: Partial<Record<AptErrorKind, string>> = {
  answer_incomplete: 'Of answers that break off: made from captures in damaged-answer.spec.ts.',
  answer_unreadable: 'Of answers in an unknown form: made from captures in damaged-answer.spec.ts.',
  refresh_failed: 'For a refresh that fails with words that none of the others has.',
  simulation_failed: 'For a simulation that fails with words that none of the others has.',
  unknown: 'For a run that fails with words that none of the others has.',
};

const ROOT = path.resolve(__dirname, '../../../..');
const CONNECTS = 'backend/test/e2e/ssh-connect.e2e-spec.ts';
const RUNS = 'backend/test/e2e/ssh-run.e2e-spec.ts';
const ENDS = 'backend/test/e2e/ssh-early-end.e2e-spec.ts';
const RESTARTS = 'backend/test/e2e/reboot.e2e-spec.ts';
const FAULTS = 'backend/test/e2e/faults.e2e-spec.ts';

/** Classes that have no capture, for they are no words: the test that makes a real machine (for `dns`: the real name service) show each. */
const MET: Partial<Record<MachineErrorKind, string>> = {
  dns: 'frontend/e2e/enrolment.e2e-spec.ts',
  unreachable: FAULTS,
  host_key_unknown: CONNECTS,
  host_key_changed: FAULTS,
  key_exchange_unsupported: CONNECTS,
  auth_failed: CONNECTS,
  penalised: CONNECTS,
  password_expired: RUNS,
  shell_unavailable: RUNS,
  sudo_password: RUNS,
  sudo_policy: RUNS,
  sudo_tty: RUNS,
  sudo_missing: RUNS,
  connection_lost: ENDS,
  timeout_first_byte: ENDS,
  timeout_progress: ENDS,
  timeout_total: ENDS,
  output_limit: 'backend/test/e2e/misbehaving-apt.e2e-spec.ts',
  protocol: RUNS,
  inhibited: RESTARTS,
  reboot_not_done: RESTARTS,
  reboot_old_kernel: RESTARTS,
  reboot_not_back: RESTARTS,
};

/** Those that no machine at hand shows, each with the reason. */
const UNMET: Partial<Record<MachineErrorKind, string>> = {
  connect_timeout: 'No network at hand drops what is sent to an address: only what follows it is tested.',
  banner_timeout: 'No sshd at hand is silent there: a peer of our own is, in hostile-peers.e2e-spec.ts.',
  handshake_timeout: 'No sshd at hand is silent there: a peer of our own is, in hostile-peers.e2e-spec.ts.',
  auth_timeout: 'No sshd at hand is silent there: a server of our own is, in connect.spec.ts.',
  key_invalid: 'Met before a machine is asked anything: connect.spec.ts.',
  channel_refused:
    'No sshd at hand refuses its sessions: a server of our own does, in script-run-misbehaviour.spec.ts.',
  backup_running:
    'No Proxmox host is at hand: its processes are made up in proxmox-scripts.spec.ts, what follows in reboot.spec.ts.',
  cluster_not_ready:
    'No cluster is at hand: what its tools print is made up in proxmox-scripts.spec.ts, what follows in reboot.spec.ts.',
  reboot_refused:
    'The service manager of no machine at hand refuses by itself: its words are made up in reboot.spec.ts.',
};

function* fromAnalyses(): Generator<string> {
  for (const suite of SUITES)
    for (const state of statesIn(suite))
      for (const { kind } of analyseApt(loadFixture(suite, state), { measuredAt }).errors) yield kind;
}

function* fromChanges(): Generator<string> {
  for (const folder of CHANGES)
    for (const state of statesIn(folder)) {
      const sections = capturedChange(`${folder}/${state}`);
      const log = sections.get('log');
      const inodes = sections.get('fact.inodes_gone')?.stdout.split('\n').filter(Boolean) ?? [];
      if (log !== undefined)
        for (const { kind } of upgradeErrors(log.stdout, log.exitCode, { inodesGone: inodes })) yield kind;
      if (folder === 'upgrade') yield failureOf(planningRun(sections))?.kind ?? '';
    }
}

function* fromWords(): Generator<string> {
  for (const state of statesIn('words')) {
    const found = parseFixture(readFileSync(path.join(FIXTURE_FOLDER, 'words', `${state}.txt`), 'utf8'));
    const log = found.get('log');
    const confined = (found.get('fact.confinement')?.stdout ?? '') !== '';
    for (const { kind } of upgradeErrors(log?.stdout ?? '', Number(log?.exitCode), { confined })) yield kind;
  }
}

it('every class of error is shown by a capture from a real machine, or listed as unproven with the reason', () => {
  const shown = new Set<string>([...fromAnalyses(), ...fromChanges(), ...fromWords()]);
  expect(APT_ERROR_KINDS.filter((kind) => !shown.has(kind)).sort()).toEqual(Object.keys(UNPROVEN).sort());
});

it('so is every class of connecting, of a run and of a restart, by the test that makes a machine show it', () => {
  expect(MACHINE_ERROR_KINDS.filter((kind) => !(kind in MET)).sort()).toEqual(Object.keys(UNMET).sort());
  const missing = Object.entries(MET).filter(
    ([kind, file]) => !readFileSync(path.join(ROOT, file), 'utf8').includes(`'${kind}'`),
  );
  expect(missing).toEqual([]);
});

it('the tests that the reasons name show what they say', () => {
  const tests = (folder: string): string[] =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const all = ['backend/src', 'backend/test'].flatMap((folder) => tests(folder).map((file) => path.join(folder, file)));
  for (const [kind, reason] of Object.entries(UNMET)) {
    const named: readonly string[] = reason.match(/[\w.-]+spec\.ts/g) ?? [];
    if (named.length === 0) continue;
    const text = all
      .filter((file) => named.includes(path.basename(file)))
      .map((file) => readFileSync(path.join(ROOT, file), 'utf8'))
      .join('\n');
    expect({ kind, shown: text.includes(`'${kind}'`) }).toEqual({ kind, shown: true });
  }
});

it('what is listed as unproven is what the documentation says was never seen', () => {
  const told = readFileSync(path.join(ROOT, 'docs/unverified.md'), 'utf8');
  const [, list = ''] = /^Every class of error ([^]*?)\n\n/m.exec(told) ?? [];
  const kinds: readonly string[] = [...APT_ERROR_KINDS, ...MACHINE_ERROR_KINDS];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, kind = '']) => kind).filter((kind) => kinds.includes(kind));
  expect(named.sort()).toEqual(Object.keys({ ...UNPROVEN, ...UNMET }).sort());
});
