import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AptAutoremoveAction } from '../actions/apt-autoremove.action';
import { AptUpgradeAction } from '../actions/apt-upgrade.action';
import type { FetchProxy } from '../actions/fetch-proxy';
import { RebootAction } from '../actions/reboot.action';
import type { BootVerdicts } from './boot-verdicts';

const folder = path.join(__dirname, '..', 'scripts');
const script = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

const without = undefined as never;
const context = {
  machineId: 'm',
  jobId: 'j',
  parameters: { scope: 'all', packages: [] },
  plan: { packages: [] },
} as never;
const boots = { of: () => Promise.resolve({ doubted: null, trusted: null }) } as unknown as BootVerdicts;
const noProxy = { of: () => Promise.resolve({ parameters: {}, secrets: {} }) } as unknown as FetchProxy;
/** What is sent for each change. */
const files = {
  reboot: () => new RebootAction(without, without).script(context),
  apt_upgrade: () => new AptUpgradeAction(without, noProxy, without, without).script(context),
  apt_autoremove: () => new AptAutoremoveAction(without, boots, without).script(context),
} as const;
type Change = keyof typeof files;
const CHANGES = Object.keys(files) as Change[];
/** What such a script asks a machine for, and is not asked for here. */
const QUIET = [
  ...['transaction_environment', 'transaction_lock_told', 'proxy_config', 'archives_facts', 'simulate', 'note_marks'],
  ...['restore_marks', 'facts_before', 'facts_after', 'confirm_plan', 'take_status', 'boot_facts', 'failed_units'],
  ...['reboot_lines', 'plan_locks', 'guard_agrees', 'sync', 'sleep'],
];

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(tmpdir(), 'proxmox-scripts-'));
});
afterEach(() => {
  rmSync(work, { recursive: true });
});

describe('a Proxmox host', () => {
  /** Puts commands ahead of those of this machine: what each prints. Without `pveversion` it is no such host. */
  const host = (commands: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
    for (const [name, text] of Object.entries(commands)) {
      writeFileSync(path.join(work, `${name}.said`), text);
      writeFileSync(
        path.join(work, name),
        `#!/bin/sh\necho "${name} $*" >>'${work}/asked'\ncat '${work}/${name}.said'\n`,
        {
          mode: 0o700,
        },
      );
    }
    return { ...process.env, PATH: `${work}:${process.env['PATH'] ?? ''}`, MACHINE_ID: 'm', WAIT_SECONDS: '9' };
  };
  /** A process as /proc has it. */
  const process_ = (number: number, comm: string, command: string): void => {
    mkdirSync(path.join(work, String(number)), { recursive: true });
    writeFileSync(path.join(work, `${String(number)}/comm`), `${comm}\n`);
    writeFileSync(path.join(work, `${String(number)}/cmdline`), `${command.replaceAll(' ', '\0')}\0\0`);
  };
  const run = (text: string, env: NodeJS.ProcessEnv): string => {
    const source = text.replaceAll('/etc/pve', work).replaceAll('/proc/[', `${work}/[`);
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', source], { encoding: 'utf8', env, timeout: 20_000 });
    expect(stderr).toBe('');
    return stdout;
  };
  const asked = (): string =>
    existsSync(path.join(work, 'asked')) ? readFileSync(path.join(work, 'asked'), 'utf8') : '';
  const status = (quorate: string, votes: readonly number[]): string =>
    `Quorate:          ${quorate}\nExpected votes:   ${String(votes[0])}\nTotal votes:      ${String(votes[1])}\n` +
    `Quorum:           ${String(votes[2])}  \n0x00000001          1 192.0.2.1 (local)\n`;
  const task = (type: string, more: object = {}): object => ({ upid: 'UPID:a:', node: 'a', type, id: '100', ...more });
  const calm = {
    pveversion: '',
    pvesh: JSON.stringify([task('vzdump'), task('qmigrate', { endtime: 5, status: 'OK' })]),
    pvecm: status('Yes', [3, 3, 2]),
    'ha-manager': 'quorum OK\nservice ct:101 (pve2, started, CRM: started)\nservice vm:100 (pve1, error)\n',
  };

  it('stands with its cluster in the plan of its restart, in the same words on each of its hosts', () => {
    const lines = `kernels() { :; }\n${script('reboot-facts.sh')}\nreboot_lines`;
    const env = host({});
    expect(run(lines, env)).not.toContain('cluster');
    writeFileSync(path.join(work, 'corosync.conf'), 'totem {\n  cluster_name: prod\n  version: 2\n}\n');
    expect(run(lines, env)).toContain('\ncluster - prod\n');
    writeFileSync(path.join(work, 'pve-root-ca.pem'), 'authority\n');
    expect(run(lines, env)).toMatch(/\ncluster [0-9a-f]{16} prod\n/);
  });

  describe('is asked about its cluster once more just before a restart', () => {
    const refuses = (more: Partial<typeof calm>, conf = true): string => {
      if (conf) writeFileSync(path.join(work, 'corosync.conf'), '');
      return run(`${script('reboot-facts.sh')}\ncluster_refuses '${work}'`, host({ ...calm, ...more }));
    };

    it.each([
      ['no quorum', 'the cluster has no quorum', { pvecm: status('No', [3, 1, 2]) }],
      ['a host that did not come back', 'are missing', { pvecm: status('Yes', [3, 2, 2]) }],
      ['a migration', 'being moved', { pvesh: JSON.stringify([task('qmigrate')]) }],
      ['a migration in another form', 'being moved', { pvesh: JSON.stringify([task('vzmigrate')], null, 3) }],
      ['high availability at work', 'is at work', { 'ha-manager': 'quorum OK\nservice vm:100 (pve1, relocate)\n' }],
      ['no quorum of it', 'availability has no', { 'ha-manager': "quorum No quorum on node 'pve1'!\n" }],
    ])('and kept by %s', (_case, words, more) => {
      expect(refuses(more)).toContain(words);
    });

    it.each([
      ['at rest', {}],
      ['of two', { pvecm: status('Yes', [2, 2, 2]) }],
      ['that can spare it', { pvecm: status('Yes', [5, 4, 3]) }],
      ['of another form', { pvecm: 'else\n', pvesh: 'else', 'ha-manager': 'else\n' }],
      [
        'with a brace in the words of a task',
        { pvesh: JSON.stringify([task('qmigrate', { status: 'x } y', endtime: 5 })]) },
      ],
    ])('not by one %s', (_case, more) => {
      expect(refuses(more)).toBe('');
    });

    it.each(['pvesh', 'pvecm', 'ha-manager'])('and kept where %s does not answer, or fails', (tool) => {
      expect(refuses({ [tool]: '' })).toMatch(/^the cluster does not say what it is like \(\w+\)\n$/);
      const env = host(calm);
      writeFileSync(path.join(work, tool), '#!/bin/sh\nexit 255\n', { mode: 0o700 });
      const refusal = run(`${script('reboot-facts.sh')}\ncluster_refuses '${work}'`, env);
      expect(refusal).toMatch(/^the cluster does not say what it is like \(\w+\)\n$/);
    });

    it('without a cluster only about guests that move; no other machine is asked anything', () => {
      expect(refuses({ pvecm: status('No', [3, 1, 2]), 'ha-manager': '' }, false)).toBe('');
      expect(asked()).not.toContain('pvecm');
      rmSync(path.join(work, 'asked'));
      rmSync(path.join(work, 'pveversion'));
      const env = { ...host({ pvesh: JSON.stringify([task('qmigrate')]) }), PATH: work };
      expect(run(`${script('reboot-facts.sh')}\ncluster_refuses '${work}'`, env)).toBe('');
      expect(asked()).toBe('');
    });
  });

  describe('that makes a backup', () => {
    const backups = (env: NodeJS.ProcessEnv): string =>
      run(`${script('apt-look.sh')}\nbackups_run '${work}/backups' && cat '${work}/backups'; :`, env);

    it.each([
      ['of a person', 'vzdump', '/usr/bin/perl /usr/bin/vzdump 100'],
      ['of its schedule', 'task UPID:pve1:', 'task UPID:pve1:0000A1B2:00C3D4E5:66230001:vzdump:100:root@pam:'],
    ])('%s is known by its process', (_case, comm, command) => {
      process_(7, comm, command);
      process_(8, 'task UPID:pve1:', 'task UPID:pve1:0000A1B3:00C3D4E5:66230001:vncproxy:100:root@pam:');
      expect(backups(host({ pveversion: '' }))).toBe(`proxmox=yes\nbackup=${work}/7/comm\n`);
    });

    it('is none where others work, nor on any other machine, where no process is begun for it', () => {
      process_(8, 'task UPID:pve1:', 'task UPID:pve1:0000A1B3:00C3D4E5:66230001:vncproxy:100:root@pam:');
      expect(backups(host({ pveversion: '' }))).toBe('');
      process_(7, 'vzdump', 'vzdump');
      rmSync(path.join(work, 'pveversion'));
      expect(backups({ ...host({}), PATH: work })).toBe('');
    });
  });

  describe('at which a held change begins', () => {
    const changes = readFileSync(path.join(folder, '../../../kernel/ssh/detached/scripts/changes.sh'), 'utf8');
    /** Runs a script of a change against stand-ins; each act that would change something tells. */
    const begun = async (name: Change, env: NodeJS.ProcessEnv, more = '') => {
      mkdirSync(path.join(work, 'facts'));
      for (const [file, text] of Object.entries({ parameters: '', log: '', plan: '', digest: 'x\n', stoppable: '' }))
        writeFileSync(path.join(work, file), text);
      const sent = [(await files[name]()).file].flat().map((file) => readFileSync(file, 'utf8'));
      // What it would change, and what stands in its place.
      const own = /^(?:simulate|guard_agrees|restart|note_marks|restore_marks)\(\) \{\n[^]*?^\}\n/gm;
      const text = `set -- '${work}'
        SU_DETACHED=run auto_notes='${work}/notes' SCOPE=all GUARD= NO_REMOVE=0 ALLOW_DOWNGRADES=0
        ${changes}
        exec >>"$SU_DIR/log" 2>&1
        work='${work}'
        ${sent.slice(0, -1).join('\n')}
        for none in ${QUIET.join(' ')}; do eval "$none() { :; }"; done
        inhibited() { return 1; }
        restart() { echo CHANGED >>"$SU_DIR/log"; }
        transaction_patiently() { echo CHANGED; }
        ${more}
        ${(sent.at(-1) ?? '').replaceAll(own, '')}`
        .replaceAll(/^work=\$\(mktemp.*$|^trap .*rm -rf.*$/gm, '')
        .replaceAll('/etc/pve', work)
        .replaceAll('/proc/[', `${work}/[`);
      const { status: ended } = spawnSync('/bin/sh', ['-c', text], { encoding: 'utf8', env, timeout: 20_000 });
      return { status: ended, log: readFileSync(path.join(work, 'log'), 'utf8') };
    };
    const kept = (name: string): string => readFileSync(path.join(work, `facts/${name}.out`), 'utf8');

    it.each(CHANGES)('%s changes nothing during a backup', async (name) => {
      process_(7, 'vzdump', 'vzdump');
      const { status: ended, log } = await begun(name, host(calm));
      expect(log).not.toContain('CHANGED');
      expect(ended).toBe(75);
      expect(kept('refused.backup')).toContain(`backup=${work}/7/comm\n`);
    });

    it.each(CHANGES)('%s goes on where nothing is against it', async (name) => {
      const { status: ended, log } = await begun(name, host(calm));
      expect(log).toContain('CHANGED');
      expect({
        ended,
        refused: readdirSync(path.join(work, 'facts')).filter((one) => one.startsWith('refused')),
      }).toEqual({
        ended: 0,
        refused: [],
      });
    });

    it('apt_upgrade installs nothing where a backup has begun during the download', async () => {
      mkdirSync(path.join(work, '7'));
      const download = `transaction_patiently() {
        case $* in *--download-only*) echo vzdump >'${work}/7/comm' ;; *) echo CHANGED ;; esac
      }`;
      expect(await begun('apt_upgrade', host(calm), download)).toMatchObject({
        status: 75,
        log: expect.not.stringContaining('CHANGED') as string,
      });
    });

    it('reboot keeps what its cluster said, as the plan has it', async () => {
      const pvesh = JSON.stringify([task('qmigrate')]);
      const { status: ended, log } = await begun('reboot', host({ ...calm, pvesh }));
      expect({ ended, log }).toMatchObject({ ended: 75, log: expect.not.stringContaining('CHANGED') as string });
      expect(kept('refused.cluster')).toContain('being moved');
      expect(kept('plan_migrations')).toBe(pvesh);
      expect(kept('plan_ha')).toBe(calm['ha-manager']);
    });
  });
});
