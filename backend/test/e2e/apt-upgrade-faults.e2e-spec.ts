import type { Changes } from '../support/changes';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { MachineJobs } from '../support/machine-jobs';
import { fleet, wrapCommand, type RealMachine } from '../support/real-machines';
import { prepared, versionOf, type Upgrades } from '../support/upgrades';

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

/** What somebody else does when the last look is over. */
function betweenLookAndDeed(machine: RealMachine, command: string): void {
  wrapCommand(
    machine,
    'apt-get',
    `case " $* " in *" -s "* | *" --print-uris "*) ;; *" --download-only"*) ${command} ;; esac`,
  );
}

/** A dpkg of the machine's own that knows better than to keep changed configuration files. */
function deafDpkg(machine: RealMachine): void {
  const words = 'for word do shift; case $word in --force-conf*) ;; *) set -- "$@" "$word" ;; esac; done';
  wrapCommand(machine, 'dpkg', words);
  shell(machine, `echo 'Dir::Bin::dpkg "/usr/local/bin/dpkg";' >/etc/apt/apt.conf.d/90own`);
}

/** Waiting two minutes for a lock proves no more than waiting a second. */
const impatient = (machine: RealMachine): void => {
  wrapCommand(machine, 'apt-get', 'set -- "$@" -o DPkg::Lock::Timeout=1');
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

/** What can go wrong, on machines of every kind at once: each fault has its name, its evidence, and leaves the machine as it says. */
describe('an upgrade that meets a fault', () => {
  let machines: EnrolledMachines;
  let jobs: MachineJobs;
  let changes: Changes;
  let upgrades: Upgrades;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ jobs, changes, upgrades } = machines);
  }, 300_000);
  beforeEach(() => machines.renew(), 60_000);
  afterAll(() => machines.close(), 120_000);

  it.each(FAULTS)('because %s', async (_name, { states, meanwhile, chosen, kind, evidence, applied }) => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, ...states);
      const scope = chosen === undefined ? {} : { scope: 'packages', packages: [chosen] };
      const request = await upgrades.plan(id, { mode: 'upgrade', ...scope });
      meanwhile?.(machine);
      const job = await upgrades.run(request);
      expect({ status: job.status, kind: job.errorKind }).toEqual({ status: 'error', kind });
      const [error] = await upgrades.errors(job.id);
      expect(error).toMatchObject({ kind, remediation: expect.stringMatching(/\.$/) as string });
      expect(error?.lines).toContainEqual(expect.stringMatching(evidence));
      const rows = await upgrades.applied(job.id);
      expect(rows.map(({ operation, name }) => `${operation} ${name}`)).toEqual(applied);
    });
  });

  it('waits for whoever has the lock of the downloads, which apt itself does not, and then does what was confirmed', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'plain');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
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
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'conffile-question');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      deafDpkg(machine);
      expect(await upgrades.run(request)).toMatchObject({ status: 'error', errorKind: 'conffile_question' });
      shell(machine, 'rm /usr/local/bin/dpkg /etc/apt/apt.conf.d/90own');
      expect(shell(machine, 'dpkg --audit')).toContain('fleet-conffile');
      const repair = await changes.run(await changes.plan(id, 'apt_repair'));
      expect(repair).toMatchObject({ errorKind: null });
      expect(await upgrades.result(repair)).toMatchObject({
        whole: true,
        conffiles: ['/etc/fleet-conffile.conf.dpkg-dist'],
      });
      expect(shell(machine, 'dpkg --audit; cat /etc/fleet-conffile.conf')).toMatch(/local = edit\n$/);
    });
  });

  it('asks nobody about a changed configuration file: it stays, and the new one lies beside it', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'conffile-question');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
      const job = await upgrades.run(request);
      expect(job).toMatchObject({ status: 'warning', errorKind: null });
      expect(await upgrades.result(job)).toMatchObject({
        conffiles: ['/etc/fleet-conffile.conf.dpkg-dist'],
        audit: [],
      });
      expect(shell(machine, 'cat /etc/fleet-conffile.conf')).toContain('local = edit');
      expect(shell(machine, 'cat /etc/fleet-conffile.conf.dpkg-dist')).toContain('from_version = 1.1');
    });
  });
});
