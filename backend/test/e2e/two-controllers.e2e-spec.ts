import { queryRows } from '../../src/kernel/database/rows';
import { at } from '../support/at';
import { EnrolledMachines } from '../support/enrolled-machines';
import { fleet, type RealMachine } from '../support/real-machines';
import { SLOW_PACKAGE } from '../support/slow-upgrades';

const shell = ({ name }: RealMachine, command: string): string => fleet('exec', name, 'sh', '-c', command).trim();

/** Nothing but each machine itself stands between two installations that do not know of each other. */
describe('two controllers of machines of every kind', () => {
  let controllers: EnrolledMachines[];
  /** Which of them each machine has refused, in the order of the machines. */
  let refused: EnrolledMachines[];

  beforeAll(async () => {
    controllers = [await EnrolledMachines.open(), await EnrolledMachines.open()];
  }, 300_000);
  afterAll(async () => {
    for (const controller of controllers) await controller.close();
  }, 120_000);

  const onEach = <T>(test: (machine: RealMachine, index: number) => Promise<T>): Promise<T[]> =>
    at(controllers, 0).everywhere(({ machine }, index) => test(machine, index));

  it('that upgrade it at the same moment: one does, the other is refused by the machine and says so', async () => {
    await at(controllers, 0).renew('slow-script');
    refused = await onEach(async (machine, index) => {
      const planned = await Promise.all(
        controllers.map(({ upgrades, all }) => upgrades.plan(at(all, index).id, { mode: 'upgrade' })),
      );
      // The same transaction; the digests differ, as each names the machine by its own id.
      expect(new Set(planned.map(({ planDigest }) => planDigest)).size).toBe(2);
      const started = await Promise.all(controllers.map(({ upgrades }, one) => upgrades.confirm(at(planned, one))));
      const ended = await Promise.all(controllers.map(({ jobs }, one) => jobs.ended(at(started, one), 170_000)));
      expect(ended.map(({ status }) => status).sort()).toEqual(['error', 'ok']);

      const loser = ended.findIndex(({ status }) => status === 'error');
      const [lost, won] = [at(ended, loser), at(ended, 1 - loser)];
      expect(lost.errorKind).toBe('machine_busy');
      expect(lost.errorMessage).toContain(won.id);
      expect(await at(controllers, loser).upgrades.applied(lost.id)).toEqual([]);
      expect(await at(controllers, 1 - loser).upgrades.applied(won.id)).toEqual([
        { operation: 'upgraded', name: SLOW_PACKAGE, to_version: '1.1' },
      ]);
      expect(shell(machine, `grep -c ' configure ${SLOW_PACKAGE}:' /var/log/dpkg.log`)).toBe('1');
      expect(shell(machine, 'ls /var/lib/system-update/runs')).toBe(won.id);
      return at(controllers, loser);
    });
  }, 240_000);

  it('the refused one finds nothing left to do, and tells of the change as made by somebody else', async () => {
    await onEach(async (_machine, index) => {
      const { jobs, upgrades, dataSource, all } = at(refused, index);
      const { id } = at(all, index);
      const again = await upgrades.planJob(id, { mode: 'upgrade' });
      expect(again).toMatchObject({ status: 'ok', errorKind: null, requestId: null });
      expect(await jobs.ended(await jobs.analyse(id))).toMatchObject({ status: 'ok' });
      const changes = await queryRows(
        dataSource,
        `SELECT mode, operation, name, to_version FROM apt_applied_packages
         JOIN executions ON executions.id = execution_id WHERE name = $1 AND executions.machine_id = $2`,
        [SLOW_PACKAGE, id],
      );
      expect(changes).toEqual([{ mode: 'external', operation: 'upgraded', name: SLOW_PACKAGE, to_version: '1.1' }]);
    });
  }, 240_000);

  it('whose plans are of the same moment, one after the other: the later run finds another machine and changes nothing', async () => {
    const [first, second] = [at(controllers, 0), at(controllers, 1)];
    await first.renew('plain');
    await onEach(async (machine, index) => {
      const [firstId, secondId] = [at(first.all, index).id, at(second.all, index).id];
      const early = await first.upgrades.plan(firstId, { mode: 'upgrade' });
      const late = await second.upgrades.plan(secondId, { mode: 'upgrade' });
      expect(await first.upgrades.run(early)).toMatchObject({ status: 'ok' });
      const log = shell(machine, 'cat /var/log/dpkg.log');
      expect(await second.upgrades.run(late)).toMatchObject({ status: 'error', errorKind: 'plan_drifted' });
      expect(shell(machine, 'cat /var/log/dpkg.log')).toBe(log);
      expect(await second.jobs.ended(await second.jobs.analyse(secondId))).toMatchObject({ status: 'ok' });
      expect((await second.jobs.tile(secondId)).apt).toMatchObject({ updatesCount: 0, stale: false });
    });
  }, 240_000);
});
