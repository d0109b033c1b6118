import { queryRows } from '../../src/kernel/database/rows';
import { at } from '../support/at';
import type { ApiClient } from '../support/api-client';
import { Installation } from '../support/installation';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { Upgrades, type UpgradeRequest } from '../support/upgrades';

/** One installation with its own database, and what it calls the machine that both know. */
interface Controller {
  readonly installation: Installation;
  readonly database: TestDatabase;
  readonly api: ApiClient;
  readonly jobs: MachineJobs;
  readonly upgrades: Upgrades;
  readonly machineId: string;
}

const PACKAGE = 'fleet-slow';
const machines = [...realMachines().slice(0, 1), ...systemdMachines().slice(1, 2)];

async function controllerOf(machine: RealMachine): Promise<Controller> {
  const database = await createTestDatabase();
  const installation = new Installation(database.url);
  const api = await installation.administrator(await installation.start('all'));
  const upgrades = new Upgrades(api, await database.dataSource());
  return { installation, database, api, jobs: new MachineJobs(api), upgrades, machineId: await api.enrol(machine) };
}

const confirm = ({ api }: Controller, { id, planDigest }: UpgradeRequest): Promise<Job> =>
  api.post<Job>(`/requests/${id}/confirm`, { digest: planDigest, accepted: [] });

/** Nothing but the machine itself stands between two installations that do not know of each other. */
describe.each(machines.map((machine) => [`${machine.suite} ${machine.variant}`.trim(), machine] as const))(
  'two controllers of one machine (%s)',
  (_name, machine) => {
    let controllers: Controller[];
    let refused: Controller;

    const shell = (command: string): string => fleet('exec', machine.name, 'sh', '-c', command).trim();
    const configured = (): number => Number(shell(`grep -c ' configure ${PACKAGE}:' /var/log/dpkg.log || true`));

    beforeAll(async () => {
      fleet('reset', machine.name);
      fleet('scenario', machine.name, 'slow-script');
      fleet('exec', machine.name, 'apt-get', 'update', '-q');
      controllers = [await controllerOf(machine), await controllerOf(machine)];
    }, 300_000);
    afterAll(async () => {
      fleet('reset', machine.name);
      for (const { installation, database } of controllers) {
        await installation.stop();
        await database.drop();
      }
    }, 120_000);

    it('that upgrade it at the same moment: one does, the other is refused by the machine and says so', async () => {
      const planned = await Promise.all(
        controllers.map((one) => one.upgrades.plan(one.machineId, { mode: 'upgrade' })),
      );
      // The same transaction; the digests differ, as each names the machine by its own id.
      expect(new Set(planned.map(({ planDigest }) => planDigest)).size).toBe(2);
      const started = await Promise.all(controllers.map((one, index) => confirm(one, at(planned, index))));
      const ended = await Promise.all(controllers.map((one, index) => one.jobs.ended(at(started, index), 170_000)));
      expect(ended.map(({ status }) => status).sort()).toEqual(['error', 'ok']);

      const loser = ended.findIndex(({ status }) => status === 'error');
      const winner = 1 - loser;
      refused = at(controllers, loser);
      const { errorKind, errorMessage } = at(ended, loser);
      expect(errorKind).toBe('machine_busy');
      expect(errorMessage).toContain(at(ended, winner).id);
      expect(await refused.upgrades.applied(at(ended, loser).id)).toEqual([]);
      expect(await at(controllers, winner).upgrades.applied(at(ended, winner).id)).toEqual([
        { operation: 'upgraded', name: PACKAGE, to_version: '1.1' },
      ]);
      expect(configured()).toBe(1);
      expect(shell(`ls /var/lib/system-update/runs`)).toBe(at(ended, winner).id);
    }, 240_000);

    it('the refused one finds nothing left to do, and tells of the change as made by somebody else', async () => {
      const { jobs, upgrades, machineId, database } = refused;
      const again = await upgrades.planJob(machineId, { mode: 'upgrade' });
      expect(again).toMatchObject({ status: 'ok', errorKind: null, requestId: null });
      expect(await jobs.ended(await jobs.analyse(machineId))).toMatchObject({ status: 'ok' });
      const changes = await queryRows(
        await database.dataSource(),
        `SELECT mode, operation, name, to_version FROM apt_applied_packages
         JOIN executions ON executions.id = execution_id WHERE name = $1`,
        [PACKAGE],
      );
      expect(changes).toEqual([{ mode: 'external', operation: 'upgraded', name: PACKAGE, to_version: '1.1' }]);
    }, 240_000);

    it('whose plans are of the same moment, one after the other: the later run finds another machine and changes nothing', async () => {
      fleet('reset', machine.name);
      fleet('scenario', machine.name, 'plain');
      fleet('exec', machine.name, 'apt-get', 'update', '-q');
      const [first, second] = [at(controllers, 0), at(controllers, 1)];
      const early = await first.upgrades.plan(first.machineId, { mode: 'upgrade' });
      const late = await second.upgrades.plan(second.machineId, { mode: 'upgrade' });
      expect(await first.jobs.ended(await confirm(first, early))).toMatchObject({ status: 'ok' });
      const log = shell('cat /var/log/dpkg.log');
      expect(await second.jobs.ended(await confirm(second, late))).toMatchObject({
        status: 'error',
        errorKind: 'plan_drifted',
      });
      expect(shell('cat /var/log/dpkg.log')).toBe(log);
      expect(await second.jobs.ended(await second.jobs.analyse(second.machineId))).toMatchObject({ status: 'ok' });
      expect((await second.jobs.tile(second.machineId)).apt).toMatchObject({ updatesCount: 0, stale: false });
    }, 240_000);
  },
);
