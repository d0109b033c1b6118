import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import type { MachineJobs } from '../support/machine-jobs';
import { fleet, type RealMachine } from '../support/real-machines';
import { prepared, versionOf, type Upgrades } from '../support/upgrades';

const shell = ({ name }: RealMachine, script: string): string => fleet('exec', name, 'sh', '-c', script);
const bootOf = (machine: RealMachine): string => shell(machine, 'cat /proc/sys/kernel/random/boot_id');

/** As the state `hostile-name` of the fleet has it: its archive really installs. */
const NAME = `fleet-\`reboot\`;reboot;$0&'"#%s-lib2`;

/** Names, versions and origins made of signs that mean something to shells and to whoever reads the output of apt, on machines of every kind. */
describe('an upgrade of packages', () => {
  let machines: EnrolledMachines;
  let api: ApiClient;
  let jobs: MachineJobs;
  let upgrades: Upgrades;

  beforeAll(async () => {
    machines = await EnrolledMachines.open();
    ({ api, jobs, upgrades } = machines);
  }, 300_000);
  afterAll(() => machines.close(), 120_000);

  it('leaves what dpkg warned of as a message, with its line in the log', async () => {
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'odd-version');
      const job = await upgrades.run(await upgrades.plan(id, { mode: 'upgrade' }));
      const { artifactId } = await eventually(
        () => api.get<{ artifactId: string | null }>(`/executions/${job.id}`),
        (execution) => execution.artifactId !== null,
      );
      const messages = await api.get<{ message: string; packageName: string | null; rawLineRef: string | null }[]>(
        `/machines/${id}/messages`,
      );
      const warned = messages.find(({ packageName }) => packageName === 'fleet-odd');
      const [artifact, line] = warned?.rawLineRef?.split('#') ?? [];
      expect(warned).toMatchObject({
        message: expect.stringMatching(/invalid character in version number/) as string,
      });
      expect(artifact).toBe(artifactId);
      const lines = (await api.text(`/artifacts/${artifactId ?? ''}/content`)).split('\n');
      expect(lines[Number(line) - 1]).toMatch(/^dpkg: warning: parsing file .* package 'fleet-odd':$/);
    });
  });

  it('takes the name of a package for text, in its plan, on the machine and in what it tells', async () => {
    await machines.renew();
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'hostile-name');
      const before = bootOf(machine);
      const request = await upgrades.plan(id, { mode: 'upgrade_with_new' });
      expect(request.plan.details.document.packages.map((planned) => planned.name)).toEqual([NAME, 'fleet-newdep']);
      const job = await upgrades.run(request);
      // Its archive has another name: what was planned did not happen, and what happened was not planned.
      expect(job).toMatchObject({ status: 'warning', errorKind: null });
      const applied = await upgrades.applied(job.id);
      expect(applied.map(({ operation, name }) => `${operation} ${name}`).sort()).toEqual([
        'installed fleet-lib2',
        `unchanged ${NAME}`,
        'upgraded fleet-newdep',
      ]);
      expect(await upgrades.result(job)).toMatchObject({ changed_by_others: [], counts: { unplanned: 1 } });
      expect((await jobs.log(job.id)).map(({ text }) => text).join('\n')).toContain(NAME);
      expect(bootOf(machine)).toBe(before);
    });
  });

  it.each([NAME, 'fleet-plain=1.0', '-o=DPkg::Options::=--force-all', 'fleet-plain*', '../fleet-plain', 'fleet plain'])(
    'are not even planned where somebody asks for one named %j',
    async (name) => {
      const parameters = { mode: 'upgrade', scope: 'packages', packages: [name] };
      const answer = await api.send('POST', `/machines/${at(machines.all, 0).id}/actions/apt_upgrade_plan`, {
        parameters,
      });
      expect(answer.status).toBe(400);
    },
  );

  it('takes what an archive calls itself for text, and changes what it should', async () => {
    await machines.renew();
    await machines.everywhere(async ({ machine, id }) => {
      await prepared(machine, 'hostile-label');
      const request = await upgrades.plan(id, { mode: 'upgrade' });
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
