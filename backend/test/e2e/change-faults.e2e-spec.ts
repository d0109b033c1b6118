import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres, type RunningPostgres } from '../../../tools/postgres/embedded.cjs';
import { queryRows } from '../../src/kernel/database/rows';
import { DatabaseGate } from '../support/database-gate';
import { EnrolledMachines } from '../support/enrolled-machines';
import { eventually } from '../support/eventually';
import { KINDS } from '../support/kinds';
import type { Job } from '../support/machine-jobs';
import { fleet } from '../support/real-machines';
import { SlowUpgrades } from '../support/slow-upgrades';

/** Longer than a lease, than the time between two sweeps, and than any pause of whoever tries again. */
const OUTAGE_MS = 60_000;
/** What workers wait for while another of them takes jobs, see start-room.ts. */
const CLAIM_LOCK = 7_388_120_332n;
/** Long enough for workers to look at the queue meanwhile. */
const LONG_SECONDS = 20;

/** Upgrades of machines of all kinds at once, around which everything but the worker fails: apt works once, and is told right. */
describe('an upgrade on every kind of machine', () => {
  let folder: string;
  let server: RunningPostgres;
  let machines: EnrolledMachines;
  let upgrades: SlowUpgrades;

  const startDatabase = (port?: number): Promise<RunningPostgres> =>
    startPostgres({
      dataDir: path.join(folder, 'data'),
      durable: true,
      logFile: path.join(folder, 'log'),
      ...(port === undefined ? {} : { port }),
    });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'change-faults-'));
    server = await startDatabase();
    machines = await EnrolledMachines.open({
      adminUrl: server.url,
      workers: 2,
      // Places for all machines and no more: of two workers that take jobs at once, both get their hands on some.
      workerSettings: { WORKER_CONCURRENCY: String(KINDS.length) },
    });
    upgrades = new SlowUpgrades(machines);
  }, 300_000);
  beforeEach(() => machines.renew('slow-script'), 60_000);
  afterAll(async () => {
    await machines.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  it('goes on while its connection is cut, and is followed on from the byte that is stored', async () => {
    const changes = await upgrades.atWork();
    await machines.everywhere(({ machine }) =>
      fleet('exec', machine.name, 'pkill', '-KILL', '-f', '^sshd(-session)?: ops'),
    );
    await upgrades.noted(changes, 'The run was found on the machine.');
    await upgrades.judge(changes);
  }, 240_000);

  it('goes on while the database is away for a minute, and its result is stored once it is back', async () => {
    const changes = await upgrades.atWork();
    const { port } = new URL(server.url);
    await server.stop();
    const stopped = Date.now();
    await upgrades.finished(changes);
    await eventually(
      () => Date.now() - stopped,
      (awayMs) => awayMs >= OUTAGE_MS,
      2 * OUTAGE_MS,
    );
    server = await startDatabase(Number(port));
    await upgrades.judge(changes);
  }, 240_000);

  describe('whose job is delivered more than once', () => {
    const jobsOf = (changes: readonly Job[]): string[] => changes.map(({ id }) => id);
    const messagesOf = (changes: readonly Job[]) =>
      queryRows<{ id: string; state: string }>(
        machines.dataSource,
        `SELECT id, state FROM pgboss.job WHERE data->>'jobId' = ANY($1)`,
        [jobsOf(changes)],
      );
    const signal = (name: NodeJS.Signals): void => {
      for (const { pid } of machines.workers) process.kill(pid, name);
    };
    /** Every message comes with a second one of the same content, which lies behind all those that were sent by us. */
    const sendEverythingTwice = async (): Promise<void> => {
      await machines.dataSource.query(`
        CREATE FUNCTION send_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF pg_trigger_depth() = 1 THEN
            INSERT INTO pgboss.job (name, data, priority) VALUES (NEW.name, NEW.data, NEW.priority - 3600);
          END IF;
          RETURN NULL;
        END $$`);
      await machines.dataSource.query(
        'CREATE TRIGGER send_twice AFTER INSERT ON pgboss.job FOR EACH ROW EXECUTE FUNCTION send_twice()',
      );
    };

    it('is made once: of two workers that get it at the same moment one does it, and nobody does it again', async () => {
      for (const { machine } of machines.all)
        fleet('exec', machine.name, 'sh', '-c', `echo ${String(LONG_SECONDS)} >/etc/fleet-slow.seconds`);
      const plans = await upgrades.plans();
      signal('SIGSTOP');
      await sendEverythingTwice();
      const changes = await Promise.all(plans.map((plan) => machines.upgrades.confirm(plan)));
      const sent = await queryRows<{ id: string }>(
        machines.dataSource,
        'SELECT boss_job_id AS id FROM jobs WHERE id = ANY($1)',
        [jobsOf(changes)],
      );
      expect(await messagesOf(changes)).toHaveLength(2 * changes.length);
      const gate = await DatabaseGate.close(machines.dataSource, {
        table: 'machine_locks',
        event: 'INSERT',
        when: 'true',
      });
      signal('SIGCONT');
      // One has its jobs in hand and is about to make them its own; the other is at their doubles.
      await gate.reached(1);
      await eventually(
        () =>
          queryRows<{ worker_id: string }>(
            machines.dataSource,
            `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND (classid::bigint << 32) + objid::bigint = $1`,
            [String(CLAIM_LOCK)],
          ),
        (waiting) => waiting.length === 1,
      );
      await gate.open();
      await machines.dataSource.query('DROP FUNCTION send_twice CASCADE');

      await upgrades.noted(changes, 'fleet-slow: step 1 ');
      const holders = () =>
        queryRows<{ worker_id: string }>(
          machines.dataSource,
          'SELECT id, worker_id, fence, attempt FROM jobs WHERE id = ANY($1) ORDER BY id',
          [jobsOf(changes)],
        );
      const before = await holders();
      expect(new Set(before.map(({ worker_id }) => worker_id)).size).toBe(1);
      // Once more the very same messages, and others of the same content.
      await machines.dataSource.query(
        `INSERT INTO pgboss.job (name, data, priority) SELECT name, data, priority FROM pgboss.job WHERE id = ANY($1)`,
        [sent.map(({ id }) => id)],
      );
      await machines.dataSource.query(
        `UPDATE pgboss.job SET state = 'created', started_on = NULL, completed_on = NULL WHERE id = ANY($1)`,
        [sent.map(({ id }) => id)],
      );
      const used = await eventually(
        () => messagesOf(changes),
        (messages) => messages.every(({ state }) => state === 'completed'),
      );
      expect(used).toHaveLength(3 * changes.length);
      expect(await holders()).toEqual(before);
      for (const { id } of changes) expect(await machines.jobs.job(id)).toMatchObject({ status: 'running' });

      await upgrades.judge(changes);
      for (const { id } of changes) {
        const words = (await machines.jobs.log(id)).map(({ text }) => text);
        expect(words).not.toContain('The run was found on the machine.');
      }
    }, 240_000);
  });
});
