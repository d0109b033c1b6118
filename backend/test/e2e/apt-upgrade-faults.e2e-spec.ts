import type { DataSource } from 'typeorm';
import { queryOne } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { Changes } from '../support/changes';
import { eventually } from '../support/eventually';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, wrapCommand, type RealMachine } from '../support/real-machines';
import { inventoryOf, prepare, Upgrades, versionOf } from '../support/upgrades';

interface Fault {
  /** What the machine is in when it is planned. */
  readonly states: readonly string[];
  /** What happens to it between the confirmation and the run. */
  readonly meanwhile?: (machine: RealMachine) => void;
  /** Its one package is chosen by name. */
  readonly chosen?: string;
  readonly kind: string;
  /** Of a line that is kept as evidence. */
  readonly evidence: RegExp;
  /** What is applied in the end: `operation name`. */
  readonly applied: readonly string[];
}

const shell = ({ name }: RealMachine, script: string): string => fleet('exec', name, 'sh', '-c', script);
const enters =
  (...states: string[]) =>
  ({ name }: RealMachine): void => {
    fleet('scenario', name, ...states);
  };

/** Puts another apt-get before the machine's own, with these lines ahead of what it is called for. */
function wrapApt({ name }: RealMachine, script: string): void {
  fleet(
    'exec',
    name,
    'sh',
    '-c',
    `printf '%s\\n' "$1" >/usr/local/sbin/apt-get && chmod 755 /usr/local/sbin/apt-get`,
    'sh',
    `#!/bin/sh\n${script}\nexec /usr/bin/apt-get "$@"`,
  );
}

/** What somebody else does when the last look is over. */
function betweenLookAndDeed(machine: RealMachine, command: string): void {
  wrapApt(machine, `case " $* " in *" -s "* | *" --print-uris "*) ;; *" --download-only"*) ${command} ;; esac`);
}

/** A dpkg of the machine's own that knows better than to keep changed configuration files. */
function deafDpkg(machine: RealMachine): void {
  const words = 'for word do shift; case $word in --force-conf*) ;; *) set -- "$@" "$word" ;; esac; done';
  wrapCommand(machine, 'dpkg', words);
  shell(machine, `echo 'Dir::Bin::dpkg "/usr/local/bin/dpkg";' >/etc/apt/apt.conf.d/90own`);
}

/** Waiting two minutes for a lock proves no more than waiting a second. */
const impatient = (machine: RealMachine): void => {
  wrapApt(machine, 'set -- "$@" -o DPkg::Lock::Timeout=1');
};

const FAULTS: readonly (readonly [string, Fault])[] = [
  [
    'the frontend lock is held',
    {
      states: ['plain'],
      meanwhile: (machine) => {
        enters('plain', 'lock-frontend')(machine);
        impatient(machine);
      },
      kind: 'apt_lock_busy',
      evidence: /lock-frontend/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'the lock of dpkg is held',
    {
      states: ['plain'],
      meanwhile: (machine) => {
        enters('plain', 'lock-dpkg')(machine);
        impatient(machine);
      },
      kind: 'apt_lock_busy',
      evidence: /\/var\/lib\/dpkg\/lock/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'there is no room for a package',
    {
      states: ['large', 'plain'],
      meanwhile: enters('large', 'plain', 'no-space'),
      kind: 'no_space',
      evidence: /No space left on device/,
      applied: ['unchanged fleet-large', 'upgraded fleet-plain'],
    },
  ],
  [
    'there is no room for downloads',
    {
      states: ['plain'],
      meanwhile: enters('plain', 'no-space-archives'),
      kind: 'no_space',
      evidence: /free space|No space left/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'a package is not there any more',
    { states: ['repo-deb-missing'], kind: 'deb_404', evidence: /404 {2}Not Found/, applied: ['unchanged fleet-plain'] },
  ],
  [
    'a package is not what the index says',
    {
      states: ['repo-deb-hash'],
      kind: 'repo_hash_mismatch',
      evidence: /Hash Sum mismatch/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'packages are only for who has a login',
    { states: ['repo-deb-401'], kind: 'repo_401', evidence: /401 {2}Unauthorized/, applied: ['unchanged fleet-plain'] },
  ],
  [
    'dpkg was interrupted meanwhile',
    {
      states: ['plain'],
      meanwhile: (machine) => void shell(machine, ': >/var/lib/dpkg/updates/0001'),
      kind: 'dpkg_interrupted',
      evidence: /dpkg was interrupted/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'a script of a package fails',
    {
      states: ['failing-script', 'plain'],
      kind: 'maintainer_script_failed',
      evidence: /fleet-failing.*--configure|error exit status/,
      applied: ['upgraded fleet-failing', 'upgraded fleet-plain'],
    },
  ],
  [
    'dpkg refuses a package',
    {
      states: ['odd-version'],
      kind: 'archive_refused',
      evidence: /invalid character in version number/,
      applied: ['upgraded fleet-odd', 'unchanged fleet-odder'],
    },
  ],
  [
    'a package has a file of another one',
    {
      states: ['file-conflict', 'security'],
      kind: 'file_conflict',
      evidence: /trying to overwrite .* fleet-old/,
      applied: ['upgraded fleet-guard', 'unchanged fleet-plain'],
    },
  ],
  [
    'a dependency is broken meanwhile',
    {
      states: ['plain'],
      meanwhile: (machine) => {
        enters('plain', 'unmet-dependency')(machine);
      },
      kind: 'unmet_dependencies',
      evidence: /Unmet dependencies/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'a chosen package is put on hold between the look and the deed',
    {
      states: ['plain'],
      meanwhile: (machine) => {
        betweenLookAndDeed(machine, 'apt-mark hold fleet-plain >/dev/null');
      },
      chosen: 'fleet-plain',
      kind: 'held_packages',
      evidence: /Held packages were changed/,
      applied: ['unchanged fleet-plain'],
    },
  ],
  [
    'a machine takes our options from dpkg, and its question finds nobody',
    {
      states: ['conffile-question'],
      meanwhile: deafDpkg,
      kind: 'conffile_question',
      evidence: /end of file on stdin at conffile prompt/,
      applied: ['upgraded fleet-conffile'],
    },
  ],
  [
    'a chosen package is removed meanwhile',
    {
      states: ['plain'],
      meanwhile: (machine) => void shell(machine, 'dpkg --purge fleet-plain'),
      chosen: 'fleet-plain',
      kind: 'package_not_installed',
      evidence: /package_not_installed fleet-plain/,
      applied: ['unchanged fleet-plain'],
    },
  ],
];

/** What can go wrong, on both suites and with systemd at once: each fault has its name, its evidence, and leaves the machine as it says. */
describe('an upgrade that meets a fault', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let upgrades: Upgrades;
  const machines = [...realMachines().slice(0, 2), ...systemdMachines().slice(1, 2)];
  const ids = new Map<string, string>();
  const idOf = ({ name }: RealMachine): string => ids.get(name) ?? '';
  const everywhere = async (test: (machine: RealMachine) => Promise<void>): Promise<void> => {
    // Both to their ends: what one still does must not reach into the next test.
    const outcomes = await Promise.allSettled(machines.map(test));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  };

  beforeAll(async () => {
    expect(machines.map(({ suite, variant }) => `${suite} ${variant}`)).toEqual([
      'bookworm ',
      'trixie ',
      'trixie systemd',
    ]);
    database = await createTestDatabase();
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    const server = await installation.start('all');
    api = await installation.administrator(server);
    jobs = new MachineJobs(api);
    upgrades = new Upgrades(api, dataSource);
    for (const machine of machines) {
      fleet('reset', machine.name);
      ids.set(machine.name, await api.enrol(machine));
    }
  }, 300_000);
  beforeEach(() => {
    for (const { name } of machines) fleet('reset', name);
  }, 60_000);
  afterAll(async () => {
    for (const { name } of machines) fleet('reset', name);
    await installation.stop();
    await database.drop();
  }, 120_000);

  const resultOf = async (job: Job): Promise<Record<string, unknown>> => {
    const row = await queryOne<{ result: Record<string, unknown> }>(
      dataSource,
      'SELECT result_json AS result FROM executions WHERE id = $1',
      [job.id],
    );
    if (row === null) throw new Error('the run has left no result');
    return row.result;
  };

  it('leaves what dpkg warned of as a message, with its line in the log', async () => {
    const [machine] = machines;
    if (machine === undefined) throw new Error('there is no machine');
    prepare(machine, 'odd-version');
    const job = await upgrades.run(await upgrades.plan(idOf(machine), { mode: 'upgrade' }));
    const { artifactId } = await eventually(
      () => api.get<{ artifactId: string | null }>(`/executions/${job.id}`),
      (execution) => execution.artifactId !== null,
    );
    const messages = await api.get<{ message: string; packageName: string | null; rawLineRef: string | null }[]>(
      `/machines/${idOf(machine)}/messages`,
    );
    const warned = messages.find(({ packageName }) => packageName === 'fleet-odd');
    const [artifact, line] = warned?.rawLineRef?.split('#') ?? [];
    expect(warned).toMatchObject({
      message: expect.stringMatching(/invalid character in version number/) as string,
    });
    expect(artifact).toBe(artifactId);
    const content = await fetch(`${api.origin}/api/artifacts/${artifactId ?? ''}/content`, {
      headers: { cookie: api.cookie },
    });
    const lines = (await content.text()).split('\n');
    expect(lines[Number(line) - 1]).toMatch(/^dpkg: warning: parsing file .* package 'fleet-odd':$/);
  });

  it.each(FAULTS)('because %s', async (_name, { states, meanwhile, chosen, kind, evidence, applied }) => {
    await everywhere(async (machine) => {
      prepare(machine, ...states);
      const scope = chosen === undefined ? {} : { scope: 'packages', packages: [chosen] };
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade', ...scope });
      meanwhile?.(machine);
      const job = await upgrades.run(request);
      expect({ suite: machine.suite, status: job.status, kind: job.errorKind }).toEqual({
        suite: machine.suite,
        status: 'error',
        kind,
      });
      const [error] = await upgrades.errors(job.id);
      expect(error).toMatchObject({ kind, remediation: expect.stringMatching(/\.$/) as string });
      expect(error?.lines).toContainEqual(expect.stringMatching(evidence));
      const rows = await upgrades.applied(job.id);
      expect(rows.map(({ operation, name }) => `${operation} ${name}`)).toEqual(applied);
    });
  });

  it('waits for whoever has the lock of the downloads, which apt itself does not, and then does what was confirmed', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'plain');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      enters('plain', 'lock-archives')(machine);
      const job = await upgrades.confirm(request);
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.startsWith('E: Could not get lock /var/cache/apt/archives/lock')),
      );
      expect({ job: await jobs.job(job.id), version: versionOf(machine, 'fleet-plain') }).toMatchObject({
        job: { status: 'running' },
        version: '1.0',
      });
      enters('plain')(machine);
      expect(await jobs.ended(job)).toMatchObject({ status: 'ok', errorKind: null });
      expect(versionOf(machine, 'fleet-plain')).toBe('1.1');
      expect((await jobs.log(job.id)).map(({ text }) => text)).toContain(
        'system-update: lock_waited: /var/cache/apt/archives/lock is free, apt is called again',
      );
    });
  });

  it('leaves a question of dpkg to the repair that is its remedy, and the look afterwards says that it worked', async () => {
    const changes = new Changes(api, jobs);
    await everywhere(async (machine) => {
      prepare(machine, 'conffile-question');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      deafDpkg(machine);
      expect(await upgrades.run(request)).toMatchObject({ status: 'error', errorKind: 'conffile_question' });
      shell(machine, 'rm /usr/local/bin/dpkg /etc/apt/apt.conf.d/90own');
      expect(shell(machine, 'dpkg --audit')).toContain('fleet-conffile');
      const repair = await changes.run(await changes.plan(idOf(machine), 'apt_repair'));
      expect(repair).toMatchObject({ errorKind: null });
      expect(await resultOf(repair)).toMatchObject({ whole: true, conffiles: ['/etc/fleet-conffile.conf.dpkg-dist'] });
      expect(shell(machine, 'dpkg --audit; cat /etc/fleet-conffile.conf')).toMatch(/local = edit\n$/);
    });
  });

  it('ends without a change when somebody refreshed the lists since it was confirmed, and shows the difference', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'plain');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      prepare(machine, 'plain', 'later');
      const before = inventoryOf(machine);
      const job = await upgrades.run(request);
      expect(job).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await resultOf(job)).toMatchObject({
        drift: {
          missing: ['upgrade fleet-plain:all 1.0 1.1 Fleet:stable-updates'],
          added: ['upgrade fleet-plain:all 1.0 1.2 Fleet:stable-updates'],
        },
      });
      expect(inventoryOf(machine)).toBe(before);
    });
  });

  it('ends without a change when the lists are refreshed between the last look and the work of apt itself', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'plain');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      // Only before the install itself: the analysis that follows the run of the test before may still be at work.
      wrapApt(
        machine,
        `case " $* " in
          *" -s "* | *" --print-uris "* | *" --download-only "*) ;;
          *" upgrade "*) sed -i 's/^Suites: plain$/Suites: later/' /etc/apt/sources.list.d/fleet.sources && /usr/bin/apt-get -q update ;;
        esac`,
      );
      const before = inventoryOf(machine);
      const job = await upgrades.run(request);
      expect(inventoryOf(machine)).toBe(before);
      expect(job).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(await resultOf(job)).toMatchObject({
        counts: { unchanged: 1, upgraded: 0 },
        drift: {
          missing: ['upgrade fleet-plain:all 1.0 1.1 Fleet:stable-updates'],
          added: ['upgrade fleet-plain:all 1.0 1.2'],
        },
      });
    });
  });

  it('asks nobody about a changed configuration file: it stays, and the new one lies beside it', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'conffile-question');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      const job = await upgrades.run(request);
      expect(job).toMatchObject({ status: 'warning', errorKind: null });
      expect(await resultOf(job)).toMatchObject({ conffiles: ['/etc/fleet-conffile.conf.dpkg-dist'], audit: [] });
      expect(shell(machine, 'cat /etc/fleet-conffile.conf')).toContain('local = edit');
      expect(shell(machine, 'cat /etc/fleet-conffile.conf.dpkg-dist')).toContain('from_version = 1.1');
    });
  });

  it('cannot be confirmed where dpkg was interrupted before, and is not planned where dependencies are broken', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'interrupted', 'plain');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      expect(request).toMatchObject({ blocked: true });
      await expect(upgrades.run(request)).rejects.toThrow(/40\d|422/);
      expect(versionOf(machine, 'fleet-plain')).toBe('1.0');
      fleet('reset', machine.name);
      prepare(machine, 'unmet-dependency', 'plain');
      expect(await upgrades.planJob(idOf(machine), { mode: 'upgrade' })).toMatchObject({
        status: 'error',
        errorKind: 'unmet_dependencies',
        requestId: null,
      });
    });
  });

  it.each([
    ['repo-expired', 'repo_release_expired'],
    ['repo-key-expired', 'repo_key_expired'],
  ])('is planned from the repositories that can be trusted where one is %s', async (state, kind) => {
    await everywhere(async (machine) => {
      fleet('scenario', machine.name, state, 'plain');
      expect(await jobs.ended(await jobs.analyse(idOf(machine)))).toMatchObject({
        snapshotId: expect.any(String) as string,
      });
      const { errors } = await api.get<{ errors: { kind: string; remediation: string }[] }>(
        `/machines/${idOf(machine)}/apt`,
      );
      expect(errors).toContainEqual(
        expect.objectContaining({ kind, remediation: expect.stringMatching(/\.$/) as string }),
      );
      const { plan } = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      expect(plan.details.document.packages.map(({ name }) => name)).toEqual(['fleet-plain']);
      expect(plan.checks).toContainEqual(expect.objectContaining({ code: 'index', verdict: 'warning' }));
    });
  });

  it('takes what an archive calls itself for text, and changes what it should', async () => {
    await everywhere(async (machine) => {
      prepare(machine, 'hostile-label');
      const request = await upgrades.plan(idOf(machine), { mode: 'upgrade' });
      expect(request.plan.details.document.packages).toMatchObject([
        {
          name: 'fleet-plain',
          to_version: '1.1',
          security: false,
          origin: expect.stringContaining('$(touch') as string,
        },
      ]);
      expect(await upgrades.run(request)).toMatchObject({ status: 'ok', errorKind: null });
      expect(versionOf(machine, 'fleet-plain')).toBe('1.1');
      expect(shell(machine, 'ls /run')).not.toContain('owned');
    });
  });
});
