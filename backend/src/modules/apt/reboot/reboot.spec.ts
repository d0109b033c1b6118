import type { OwnHosts } from '../../../kernel/hosts/product-hosts';
import { Contracts } from '../../../kernel/contracts/contracts';
import { inFrench } from '../../../kernel/sentences/in-french';
import type { FinishedChange } from '../../jobs/actions/change-action';
import type { CollectedRun, CollectedSection } from '../../jobs/actions/job-action';
import { RebootAction } from '../actions/reboot.action';
import { REBOOT_PLAN, type RebootPlan } from '../contracts/reboot-plan.v1';
import {
  importantReboot,
  REBOOT_RESULT,
  REBOOT_RESULT_IMPORTANT,
  type RebootResult,
} from '../contracts/reboot-result.v1';
import { hostRefusal } from './host-refusal';
import { parseInhibitors } from './inhibitors';
import { rebootPlan } from './reboot-plan';
import { lostResult, rebootResult, rebootVerdict } from './reboot-result';

const contracts = new Contracts();
contracts.register(REBOOT_PLAN, REBOOT_RESULT, REBOOT_RESULT_IMPORTANT);

const OLD = '6.1.0-1-fleet';
const NEW = '6.1.0-2-fleet';
const MACHINE_ID = '0123456789abcdef0123456789abcdef';
/** As logind of Debian 13 answers. */
const HELD = '{"type":"a(ssssuu)","data":[[["shutdown","my backup","runs now","block",0,169]]]}';
const FREE = '{"type":"a(ssssuu)","data":[[]]}';

/** Sections by name: their text, or their exit code. */
function sectionsOf(given: Readonly<Record<string, string | number>>): Map<string, CollectedSection> {
  return new Map(
    Object.entries(given).map(([name, value]) => {
      const [stdout, exitCode] = typeof value === 'string' ? [value, 0] : ['', value];
      return [name, { stdout, stderr: '', exitCode, truncated: false }];
    }),
  );
}

const bootOf = (kernel: string, more = 'system=running\n', boot = 'aaaa/12'): string =>
  `now=1764000000\nboot=${boot}\nkernel=${kernel}\nuptime=90\n${more}`;

const machine: Readonly<Record<string, string | number>> = {
  environment: `now=1764000000\nkernel_release=${OLD}\nkernel_version=#1\narchitecture=amd64\n`,
  dpkg_state: 'count\ti\t3\n',
  dpkg_updates: '',
  dpkg_audit: '',
  reboot_flag: '',
  kernels: `kernel\t${OLD}\t10\t10\tlinux-image-${OLD}\t6.1.0-1\nkernel\t${NEW}\t10\t10\tlinux-image-${NEW}\t6.1.0-2\n`,
  container: 'detect_virt=none\nenviron=\n',
  init_maps: '',
  needrestart: 127,
  plan_lines: `machine m\noption wait 600\nboot aaaa/12\nkernel running ${OLD}\n`,
  plan_boot: bootOf(OLD),
  plan_virtualization: 'kvm\n',
  plan_inhibitors: FREE,
  plan_guard: 'guard=no\n',
  plan_users: '',
  plan_guests: 127,
  plan_failed: '',
  plan_locks: '',
  plan_backups: 'proxmox=no\n',
  plan_itself: `machine_id=${MACHINE_ID}\n`,
};

const hosts = (machineId: string | null): OwnHosts => ({
  machineIds: new Set(machineId === null ? [] : [machineId]),
  complete: machineId !== null,
  database: null,
});

function outcomeOf(
  more: Readonly<Record<string, string | number>>,
  ownMachineId: string | null,
  only_if_needed: boolean,
) {
  const now = new Date(1_764_000_000_000);
  const run: CollectedRun = {
    sections: sectionsOf({ ...machine, ...more }),
    exitCode: 0,
    startedAt: now,
    receivedAt: now,
    truncated: false,
    brokenBy: null,
  };
  return rebootPlan(run, { parameters: { wait_seconds: 600, only_if_needed }, ownHosts: hosts(ownMachineId) });
}

function planned(
  more: Readonly<Record<string, string | number>> = {},
  ownMachineId: string | null = null,
  onlyIfNeeded = false,
) {
  const outcome = outcomeOf(more, ownMachineId, onlyIfNeeded);
  if (outcome.kind !== 'planned') throw new Error(`no plan: ${outcome.kind}`);
  contracts.document(REBOOT_PLAN.name, outcome.plan.details);
  return { ...outcome.plan, details: outcome.plan.details as RebootPlan };
}

const verdicts = ({ checks }: ReturnType<typeof planned>): Record<string, string> =>
  Object.fromEntries(checks.map(({ code, verdict }) => [code, verdict]));

describe('the plan of a restart', () => {
  it('names the kernel that should run afterwards, and why', () => {
    const plan = planned();
    expect(plan).toMatchObject({
      summary: `Restart. Kernel ${OLD} is running, ${NEW} is installed.`,
      risk: 'medium',
      consequences: [],
      details: { machine_kind: 'virtual', running_kernel: OLD, expected_kernel: NEW, need: { state: 'needed' } },
    });
    expect(new Set(Object.values(verdicts(plan)))).toEqual(new Set(['ok', 'unknown']));
    expect(verdicts(plan)['itself']).toBe('unknown');
  });

  it('never judges a container by kernels', () => {
    const { details, summary } = planned({ container: 'detect_virt=lxc\nenviron=lxc\n' });
    expect(details).toMatchObject({ machine_kind: 'container', expected_kernel: null, need: { state: 'not_needed' } });
    expect(summary).toBe('Restart, although nothing asks for it.');
  });

  it('is nothing to do where it is wanted only if needed, and nothing asks for it', () => {
    const container = { container: 'detect_virt=lxc\nenviron=lxc\n' };
    expect(outcomeOf(container, null, true)).toEqual({ kind: 'nothing', summary: 'Nothing asks for a restart.' });
    expect(planned({}, null, true)).toMatchObject({ consequences: [], details: { need: { state: 'needed' } } });
  });

  it('wanted only if needed waits for a person where that is not known', () => {
    const unknown = planned({ kernels: 1, reboot_flag: 1 }, null, true);
    expect(unknown.details.need.state).toBe('cannot_tell');
    expect(unknown.consequences.map(({ code }) => code)).toEqual(['need_unknown']);
  });

  it('is blocked by whoever holds a shutdown back, and by dpkg at work', () => {
    expect(verdicts(planned({ plan_inhibitors: HELD }))).toMatchObject({ inhibitors: 'blocked' });
    expect(verdicts(planned({ plan_inhibitors: 1 }))).toMatchObject({ inhibitors: 'unknown' });
    expect(verdicts(planned({ plan_inhibitors: 127, plan_boot: bootOf(OLD, '') }))).toMatchObject({ inhibitors: 'ok' });
    const locks = '/var/lib/dpkg/lock\t41\tdpkg\n';
    expect(verdicts(planned({ plan_locks: locks }))).toMatchObject({ locks: 'blocked' });
  });

  it('is told, not blocked, where dpkg was cut off: the restart may be what repairs it', () => {
    expect(verdicts(planned({ dpkg_updates: '0001\n' }))).toMatchObject({ dpkg: 'warning' });
  });

  it('says who is signed in at a terminal, and leaves out runs like itself', () => {
    const { details } = planned({
      plan_users:
        'ann      pts/0        2026-11-26 05:10 (10.0.0.9)\nops      sshd         2026-11-26 05:10 (10.0.0.1)\n',
    });
    expect(details.users).toEqual([{ name: 'ann', terminal: 'pts/0', since: '2026-11-26 05:10 (10.0.0.9)' }]);
  });

  it('asks for what follows: guests that stop, molly-guard, this program on the machine', () => {
    const plan = planned(
      {
        plan_backups: 'proxmox=yes\n',
        plan_guests: 'vm\t100\tmail\ncontainer\t101\tweb\n',
        plan_guard: 'guard=yes\n',
      },
      MACHINE_ID,
    );
    expect(plan.consequences.map(({ code }) => code)).toEqual(['guests', 'molly_guard', 'own_machine']);
    expect(plan.consequences[0]?.sentence).toContain('100 mail, 101 web');
    expect(plan).toMatchObject({ risk: 'high', details: { machine_kind: 'proxmox_host' } });
    expect(verdicts(planned({ plan_backups: 'proxmox=yes\nbackup=/proc/7/comm\n' }))).toMatchObject({
      backups: 'blocked',
      guests: 'unknown',
    });
  });

  it('of a Proxmox host looks at its cluster, of others not', () => {
    expect(verdicts(planned({ plan_backups: 'proxmox=yes\n' }))).toMatchObject({
      migrations: 'unknown',
      quorum: 'unknown',
      ha: 'unknown',
      guests_ha: 'unknown',
    });
    expect(verdicts(planned())).not.toHaveProperty('quorum');
  });

  it('is none without a boot that can be told apart', () => {
    expect(() => planned({ plan_boot: 'kernel=6\n' })).toThrow('no plan: failed');
  });
});

describe('inhibitors', () => {
  it.each([
    ['shutdown:sleep', 'block', true],
    ['sleep:shutdown', 'block-weak', true],
    ['shutdown', 'delay', false],
    ['sleep', 'block', false],
    ['handle-shutdown-key', 'block', false],
  ])('about %s that %s hold a shutdown back: %s', (what, mode, blocks) => {
    const text = JSON.stringify({ type: 'a(ssssuu)', data: [[[what, 'who', 'why', mode, 0, 1]]] });
    expect(parseInhibitors(text)).toEqual([{ who: 'who', why: 'why', blocks }]);
  });

  it.each(['', '{}', '{"data":[]}', '{"data":[[[1,2]]]}', '{"data":[["x"]]}'])('are refused as %s', (text) => {
    expect(() => parseInhibitors(text)).toThrow('inhibitors');
  });
});

describe('the result of a restart', () => {
  const finished = (
    facts: Readonly<Record<string, string | number>>,
    more: Partial<FinishedChange> = {},
  ): FinishedChange => ({
    ending: 'ended',
    exitCode: 0,
    startedAt: null,
    finishedAt: null,
    rebooted: true,
    sections: sectionsOf({ before: bootOf(OLD), failed_before: '', ...facts }),
    log: '',
    drift: null,
    ...more,
  });
  const told = (run: FinishedChange, plan = planned().details) => {
    const result = rebootResult(run, plan);
    return { ...checked(result), ...rebootVerdict(result, plan) };
  };
  const checked = (result: RebootResult): RebootResult => {
    contracts.document(REBOOT_RESULT.name, result);
    contracts.document(REBOOT_RESULT_IMPORTANT.name, importantReboot(result));
    return result;
  };
  const after = (kernel: string, more?: string): string => bootOf(kernel, more, 'bbbb/12');

  it.each<[string, Readonly<Record<string, string | number>>, string]>([
    ['verified', { after: after(NEW), failed_after: '' }, 'ok'],
    ['degraded', { after: after(NEW, 'system=degraded\n'), failed_after: 'a.service\n' }, 'warning'],
    ['degraded', { after: after(NEW, 'system=starting\n'), failed_after: '' }, 'warning'],
    ['old_kernel', { after: after(OLD), failed_after: 'a.service\n' }, 'error'],
    ['verified', { after: after(NEW, ''), failed_before: 127, failed_after: 127 }, 'ok'],
  ])('is %s', (outcome, facts, status) => {
    expect(told(finished(facts))).toMatchObject({ outcome, status });
  });

  it('is no outcome where what came back cannot be read', () => {
    for (const facts of [{}, { after: after(NEW), failed_after: 1 }, { after: 'boot=1\n', failed_after: '' }])
      expect(told(finished(facts))).toMatchObject({ outcome: null, error: { kind: 'answer_incomplete' } });
  });

  it('counts only units that did not fail before', () => {
    const facts = { failed_before: 'a.service\n', after: after(NEW), failed_after: 'a.service\n' };
    expect(told(finished(facts))).toMatchObject({ outcome: 'verified', new_failed_units: [] });
  });

  it('does not ask a container for a kernel', () => {
    const plan = planned({ container: 'detect_virt=lxc\nenviron=lxc\n' }).details;
    expect(told(finished({ after: after(OLD), failed_after: '' }), plan)).toMatchObject({
      outcome: 'verified',
      summary: 'Restarted, and proven by another boot.',
    });
  });

  it('is that nothing happened, in the boot of before', () => {
    const facts = { after: bootOf(OLD), failed_after: '' };
    expect(told(finished(facts, { rebooted: false }))).toMatchObject({
      outcome: 'not_rebooted',
      error: { kind: 'reboot_not_done' },
    });
  });

  it('counts a run that the restart itself cut off', () => {
    const facts = { after: after(NEW), failed_after: '' };
    const cut = { ending: 'interrupted', exitCode: null } as const;
    expect(told(finished(facts, cut))).toMatchObject({ outcome: 'verified' });
  });

  it.each<[string, string, string, string]>([
    ['inhibitor', HELD, 'inhibited', 'my backup: runs now'],
    ['guard', 'W: x\nnot today\n', 'inhibited', 'not today'],
    ['packages', '/var/lib/dpkg/lock\t41\tdpkg\n', 'inhibited', 'dpkg, process 41'],
    ['system', 'Call to Reboot failed: denied\n', 'reboot_refused', 'denied'],
  ])('is refused by %s', (by, said, kind, words) => {
    const run = finished({ [`refused.${by}`]: said }, { exitCode: 75, rebooted: false });
    const result = told(run);
    expect(result).toMatchObject({ outcome: 'refused', refusal: { by }, error: { kind } });
    expect(result.summary).toContain(words);
    const action = new RebootAction({} as never, {} as never);
    const outcomeOf = (change: FinishedChange) => action.collect(change, { plan: planned().details } as never);
    expect(outcomeOf(run)).toMatchObject({ status: 'error', untouched: true });
    const failed = finished({ after: bootOf(OLD), failed_after: '' }, { rebooted: false });
    expect(outcomeOf(failed)).toMatchObject({ error: { kind: 'reboot_not_done' }, untouched: false });
  });

  it.each<[string, string, string | number, object[]]>([
    ['in which nothing has failed', NEW, '', [{ actions: ['service_restart'], except: [] }]],
    [
      'in which a service has failed',
      NEW,
      'x.service\n',
      [{ actions: ['service_restart'], except: ['service_failed'] }],
    ],
    ['of the old kernel', OLD, '', []],
  ])('settles what a restart of services failed by in a new boot %s', async (_what, kernel, failed, settled) => {
    const patches: { settlesErrors?: object[] }[] = [];
    const state = { patch: (_tx: unknown, _id: string, patch: object) => void patches.push(patch) };
    const action = new RebootAction(state as never, {} as never);
    const run = finished({ failed_before: failed, after: bootOf(kernel, undefined, 'bbbb/9'), failed_after: failed });
    await action.collect(run, { plan: planned().details } as never).store?.({} as never, { machineId: 'm' } as never);
    expect(patches.flatMap(({ settlesErrors = [] }) => settlesErrors)).toEqual(settled);
  });

  it('is refused by a backup or the cluster of a Proxmox host in words of its plan, and nothing offers to force it', () => {
    const refused = (facts: Readonly<Record<string, string | number>>) => {
      const run = finished(facts, { exitCode: 75, rebooted: false });
      const result = checked(rebootResult(run, planned().details));
      expect(result).toMatchObject({ outcome: 'refused', refusal: { by: 'system' } });
      const { summary, error } = rebootVerdict(result, planned().details, hostRefusal(run));
      expect(['inhibited', 'reboot_refused']).not.toContain(error?.kind);
      return [error?.kind, inFrench(summary), inFrench(error?.action ?? summary)];
    };
    expect(refused({ 'refused.backup': 'proxmox=yes\nbackup=/proc/7/comm\n' })).toEqual([
      'backup_running',
      'Pas redémarrée\u202f: une sauvegarde d’invité est en cours sur cet hôte Proxmox.',
      'Attendez la fin de la sauvegarde, puis faites un nouveau plan.',
    ]);
    const quorum =
      'Name:             prod\nQuorate:          Yes\nExpected votes:   3\nTotal votes:      2\nQuorum:           2\n' +
      '0x00000001          1 192.0.2.91 (local)\n';
    const cluster = { 'refused.cluster': 'hosts are missing\n', plan_migrations: '[]', plan_quorum: quorum };
    expect(refused({ ...cluster, plan_ha: 'quorum OK\n' })).toEqual([
      'cluster_not_ready',
      'Pas redémarrée. La grappe prod n’est pas au complet (2 voix sur 3)\u202f: sans cet hôte elle perdrait son quorum.',
      'Ramenez d’abord les hôtes qui manquent.',
    ]);
    const moving = JSON.stringify([{ upid: 'U', type: 'qmigrate', id: '100', node: 'pve1' }]);
    expect(refused({ ...cluster, plan_quorum: 'alone\n', plan_migrations: moving })).toEqual([
      'cluster_not_ready',
      'Pas redémarrée. Des invités sont en cours de déplacement entre hôtes\u202f: 100 (pve1).',
      'Attendez qu’ils soient arrivés.',
    ]);
    expect(refused({ 'refused.cluster': 'hosts are missing\n' })[1]).toBe('Pas redémarrée. hosts are missing');
  });

  it('is refused in the words of the log where the script could keep none', () => {
    const run = finished({}, { exitCode: 70, rebooted: false, log: 'dpkg-query: error\n' });
    expect(told(run)).toMatchObject({ outcome: 'refused', refusal: { by: 'system', said: 'dpkg-query: error' } });
  });

  it('is no refusal where a signal ended the script', () => {
    const facts = { after: bootOf(OLD), failed_after: '' };
    expect(told(finished(facts, { exitCode: 143, rebooted: false }))).toMatchObject({ outcome: 'not_rebooted' });
    const again = { after: after(NEW), failed_after: '' };
    expect(told(finished(again, { exitCode: 143 }))).toMatchObject({ outcome: 'verified', refusal: null });
  });

  it('is none of a run that stopped before it began', () => {
    const drift = { missing: ['boot aaaa/12'], added: ['boot bbbb/12'] };
    expect(told(finished({}, { ending: 'drifted', drift }))).toMatchObject({
      outcome: null,
      error: { kind: 'plan_drifted' },
    });
    expect(told(finished({}, { ending: 'stopped' }))).toMatchObject({ outcome: null, status: 'warning' });
  });

  it('of a silent machine says for how long, and why', () => {
    const plan = planned().details;
    const result = checked(lostResult({ kind: 'unreachable', message: planned().summary, action: null }, plan));
    expect(result).toMatchObject({ outcome: 'not_back', after: null, before: { kernel: OLD } });
    expect(rebootVerdict(result, plan).error).toMatchObject({
      kind: 'reboot_not_back',
      message: expect.stringContaining('600 s') as string,
    });
  });
});
