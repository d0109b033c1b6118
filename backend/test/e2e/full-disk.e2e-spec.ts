import { EnrolledMachines } from '../support/enrolled-machines';
import type { Job } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';
import { versionOf } from '../support/upgrades';

interface Result {
  readonly ending: string;
  readonly counts: { readonly planned: number; readonly as_planned: number } | null;
  readonly audit: readonly string[] | null;
  readonly errors: readonly { readonly kind: string; readonly subject: string | null }[];
}

const shell = ({ name }: RealMachine, script: string): string => fleet('exec', name, 'sh', '-c', script).trim();

/** In the command that the package's own script waits with; only scripts of packages have dpkg's variables. */
function duringPostinst({ name }: RealMachine, script: string): void {
  const body = `if [ "\${DPKG_MAINTSCRIPT_NAME-}" = postinst ]; then ${script}; fi`;
  const file = `#!/bin/sh\n${body}\nexec /usr/bin/sleep.own "$@"\n`;
  const put = 'mv /usr/bin/sleep /usr/bin/sleep.own && printf %s "$1" >/usr/bin/sleep && chmod 755 /usr/bin/sleep';
  fleet('exec', name, 'sh', '-c', put, 'sh', file);
}

/** Disks that fill up while dpkg works, on machines of every kind: whatever could not be written, the result says what the machine is like. */
describe('an upgrade whose disk fills up', () => {
  let machines: EnrolledMachines;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  const upgraded = async (id: string): Promise<Job> =>
    machines.upgrades.run(await machines.upgrades.plan(id, { mode: 'upgrade' }));
  const resultOf = async ({ id }: Job): Promise<Result> =>
    (await machines.api.get<{ result: { document: Result } }>(`/executions/${id}`)).result.document;

  it('where the run keeps what it finds: the machine is looked at again, and the full disk is named', async () => {
    await machines.renew('slow-script');
    const folder = '/var/lib/system-update';
    await machines.everywhere(async ({ machine, id }) => {
      shell(machine, `mkdir -p ${folder} && mount -t tmpfs -o size=300k tmpfs ${folder}`);
      try {
        duringPostinst(machine, `dd if=/dev/zero of=${folder}/fill bs=1k 2>/dev/null`);
        const job = await upgraded(id);
        expect(job).toMatchObject({ status: 'error', errorKind: 'no_space' });
        expect(job.errorMessage).toContain(folder);
        expect(await resultOf(job)).toMatchObject({
          ending: 'ended',
          counts: { planned: 1, as_planned: 1 },
          audit: [],
          errors: [{ kind: 'no_space', subject: folder }],
        });
        expect(await machines.upgrades.applied(job.id)).toMatchObject([{ operation: 'upgraded', name: 'fleet-slow' }]);
        expect(versionOf(machine, 'fleet-slow')).toBe('1.1');
      } finally {
        shell(machine, `umount -l ${folder}`);
      }
    });
  }, 200_000);

  it('where dpkg keeps its own: it died, and a repair mends the machine once there is room', async () => {
    await machines.renew('slow-script', 'plain');
    await machines.everywhere(async ({ machine, id }) => {
      shell(
        machine,
        `used=$(du -sk /var/lib/dpkg | cut -f 1) && mkdir -p /mnt/dpkg &&
         mount -t tmpfs -o mode=755,size=$((used * 13 / 10 + 4000))k tmpfs /mnt/dpkg &&
         cp -a /var/lib/dpkg/. /mnt/dpkg/ && mount --bind /mnt/dpkg /var/lib/dpkg`,
      );
      try {
        duringPostinst(machine, 'dd if=/dev/zero of=/var/lib/dpkg/fill bs=4k 2>/dev/null');
        const job = await upgraded(id);
        expect(job).toMatchObject({ status: 'error', errorKind: 'no_space' });
        expect(shell(machine, `find /var/lib/dpkg/updates -name '[0-9]*'`)).not.toBe('');
        expect((await resultOf(job)).errors.map(({ kind }) => kind)).toEqual(['no_space', 'dpkg_interrupted']);
        shell(machine, 'rm /var/lib/dpkg/fill');
        const repair = await machines.changes.plan(id, 'apt_repair');
        expect(await machines.changes.run(repair)).toMatchObject({ status: 'ok' });
        expect(shell(machine, 'dpkg --audit')).toBe('');
        expect(versionOf(machine, 'fleet-slow')).toBe('1.1');
      } finally {
        shell(machine, 'umount -l /var/lib/dpkg /mnt/dpkg');
      }
    });
  }, 300_000);
});
