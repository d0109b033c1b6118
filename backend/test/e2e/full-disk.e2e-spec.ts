import type { ApiClient } from '../support/api-client';
import { Changes } from '../support/changes';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines } from '../support/real-machines';
import { prepare, Upgrades, versionOf } from '../support/upgrades';

interface Result {
  readonly ending: string;
  readonly counts: { readonly planned: number; readonly as_planned: number } | null;
  readonly audit: readonly string[] | null;
  readonly errors: readonly { readonly kind: string; readonly subject: string | null }[];
}

const machines = realMachines().slice(0, 2);

/** A disk that fills up while dpkg works: whatever could not be written, the result says what the machine is like. */
describe.each(machines.map((machine) => [machine.suite, machine] as const))(
  'an upgrade on %s whose disk fills up',
  (_suite, machine) => {
    let database: TestDatabase;
    let installation: Installation;
    let api: ApiClient;
    let jobs: MachineJobs;
    let upgrades: Upgrades;
    let id: string;

    const shell = (script: string): string => fleet('exec', machine.name, 'sh', '-c', script).trim();
    /** In the command that the package's own script waits with; only scripts of packages have dpkg's variables. */
    const duringPostinst = (script: string): void => {
      const body = `if [ "\${DPKG_MAINTSCRIPT_NAME-}" = postinst ]; then ${script}; fi`;
      const file = `#!/bin/sh\n${body}\nexec /usr/bin/sleep.own "$@"\n`;
      const put = 'mv /usr/bin/sleep /usr/bin/sleep.own && printf %s "$1" >/usr/bin/sleep && chmod 755 /usr/bin/sleep';
      fleet('exec', machine.name, 'sh', '-c', put, 'sh', file);
    };
    const resultOf = async (job: Job): Promise<Result> =>
      (await api.get<{ result: { document: Result } }>(`/executions/${job.id}`)).result.document;

    beforeAll(async () => {
      fleet('reset', machine.name);
      database = await createTestDatabase();
      installation = new Installation(database.url);
      api = await installation.administrator(await installation.start('all'));
      jobs = new MachineJobs(api);
      upgrades = new Upgrades(api, await database.dataSource());
      id = await api.enrol(machine);
    }, 300_000);
    beforeEach(() => {
      fleet('reset', machine.name);
    }, 60_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      await installation.stop();
      await database.drop();
    }, 120_000);

    it('where the run keeps what it finds: the machine is looked at again, and the full disk is named', async () => {
      prepare(machine, 'slow-script');
      const folder = '/var/lib/system-update';
      shell(`mkdir -p ${folder} && mount -t tmpfs -o size=300k tmpfs ${folder}`);
      try {
        duringPostinst(`dd if=/dev/zero of=${folder}/fill bs=1k 2>/dev/null`);
        const job = await upgrades.run(await upgrades.plan(id, { mode: 'upgrade' }));
        expect(job).toMatchObject({ status: 'error', errorKind: 'no_space' });
        expect(job.errorMessage).toContain(folder);
        expect(await resultOf(job)).toMatchObject({
          ending: 'ended',
          counts: { planned: 1, as_planned: 1 },
          audit: [],
          errors: [{ kind: 'no_space', subject: folder }],
        });
        expect(await upgrades.applied(job.id)).toMatchObject([{ operation: 'upgraded', name: 'fleet-slow' }]);
        expect(versionOf(machine, 'fleet-slow')).toBe('1.1');
      } finally {
        shell(`umount -l ${folder}`);
      }
    }, 200_000);

    it('where dpkg keeps its own: it died, and a repair mends the machine once there is room', async () => {
      prepare(machine, 'slow-script', 'plain');
      shell(`used=$(du -sk /var/lib/dpkg | cut -f 1) && mkdir -p /mnt/dpkg &&
        mount -t tmpfs -o mode=755,size=$((used * 13 / 10 + 4000))k tmpfs /mnt/dpkg &&
        cp -a /var/lib/dpkg/. /mnt/dpkg/ && mount --bind /mnt/dpkg /var/lib/dpkg`);
      try {
        duringPostinst('dd if=/dev/zero of=/var/lib/dpkg/fill bs=4k 2>/dev/null');
        const job = await upgrades.run(await upgrades.plan(id, { mode: 'upgrade' }));
        expect(job).toMatchObject({ status: 'error', errorKind: 'no_space' });
        expect(shell(`find /var/lib/dpkg/updates -name '[0-9]*'`)).not.toBe('');
        const { errors } = await resultOf(job);
        expect(errors.map(({ kind }) => kind)).toEqual(['no_space', 'dpkg_interrupted']);
        shell('rm /var/lib/dpkg/fill');
        const changes = new Changes(api, jobs);
        expect(await changes.run(await changes.plan(id, 'apt_repair'))).toMatchObject({ status: 'ok' });
        expect(shell('dpkg --audit')).toBe('');
        expect(versionOf(machine, 'fleet-slow')).toBe('1.1');
      } finally {
        shell('umount -l /var/lib/dpkg /mnt/dpkg');
      }
    }, 300_000);
  },
);
