import type { ApiClient } from '../support/api-client';
import { Changes, type PlannedRequest } from '../support/changes';
import { Installation } from '../support/installation';
import { MachineJobs } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines } from '../support/real-machines';
import { prepare } from '../support/upgrades';

type Plan = PlannedRequest<{ readonly services: readonly string[] | null }>;

const machines = [...realMachines().slice(2, 3), ...systemdMachines().slice(1, 2)];

/** What a plan finds out about the machine besides the transaction. */
describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`, machine] as const))(
  'the look before an upgrade on %s',
  (_name, machine) => {
    let database: TestDatabase;
    let installation: Installation;
    let api: ApiClient;
    let changes: Changes;
    let id: string;

    beforeAll(async () => {
      fleet('reset', machine.name);
      database = await createTestDatabase();
      installation = new Installation(database.url);
      api = await installation.administrator(await installation.start('all'));
      changes = new Changes(api, new MachineJobs(api));
      id = await api.enrol(machine);
      prepare(machine, 'plain');
    }, 300_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      await installation.stop();
      await database.drop();
    }, 120_000);

    const shell = (command: string): string => fleet('exec', machine.name, 'sh', '-c', command);
    const plan = (): Promise<Plan> => changes.plan(id, 'apt_upgrade');
    const checkOf = ({ plan: { checks } }: Plan, code: string) => checks.find((check) => check.code === code);

    it('names the services that run what is replaced, and nothing else', async () => {
      const program = '/usr/share/doc/fleet-plain/version';
      if (machine.variant !== 'systemd') {
        expect((await plan()).plan.details.document.services).toBeNull();
        return;
      }
      expect((await plan()).plan.details.document.services).toEqual([]);
      shell(
        `cp /usr/bin/sleep ${program} && chmod 755 ${program} && systemd-run -q --unit=fleet-uses ${program} infinity
         systemd-run -q --unit=fleet-idle sleep infinity
         until grep -q ${program} "/proc/$(systemctl show -P MainPID fleet-uses)/maps"; do :; done`,
      );
      expect((await plan()).plan.details.document.services).toEqual(['fleet-uses.service']);
    });

    it('says by whose sudo this program has the rights of root', async () => {
      expect(checkOf(await plan(), 'sudo')).toMatchObject({
        verdict: 'ok',
        sentence: 'By sudo ops has the rights of root.',
      });
    });

    it('names every lock that is held, and no file of the same number elsewhere', async () => {
      const archives = '/var/cache/apt/archives';
      const hold = (file: string): string =>
        `setsid /usr/lib/fleet/hold-lock ${file} 600 </dev/null >/run/held 2>&1 & until grep -q held /run/held; do :; done; : >/run/held\n`;
      shell(
        `: >/run/held
         for d in ${archives} /mnt; do mount -t tmpfs none $d && mkdir $d/partial && : >$d/lock; done
         [ "$(stat -c %i ${archives}/lock)" = "$(stat -c %i /mnt/lock)" ] || exit 1
         ${hold('/mnt/lock')}`,
      );
      expect(checkOf(await plan(), 'locks')).toMatchObject({ verdict: 'ok' });
      shell(`${hold('/var/lib/dpkg/lock')}${hold(`${archives}/lock`)}`);
      expect(checkOf(await plan(), 'locks')).toMatchObject({
        verdict: 'warning',
        sentence: expect.stringMatching(
          /^Locks of apt and dpkg are held: \/var\/lib\/dpkg\/lock \(hold-lock \d+\), \/var\/cache\/apt\/archives\/lock \(hold-lock \d+\)\.$/,
        ) as string,
      });
    });
  },
);
