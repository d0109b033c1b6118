import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { startPostgres, type RunningPostgres } from '../../../tools/postgres/embedded.cjs';
import { queryRows } from '../../src/kernel/database/rows';
import type { ApiClient } from '../support/api-client';
import { at } from '../support/at';
import { DatabaseGate, type GatedWrite } from '../support/database-gate';
import { eventually } from '../support/eventually';
import { Installation, type ProductProcess } from '../support/installation';
import type { LiveLine } from '../support/live-watcher';
import { MachineJobs, type Job } from '../support/machine-jobs';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { fleet, realMachines, systemdMachines, type RealMachine } from '../support/real-machines';
import { SilentRelay } from '../support/silent-relay';
import { prepare, Upgrades, versionOf } from '../support/upgrades';

/** Its script takes seconds, printing. */
const PACKAGE = 'fleet-slow';
/** Longer than a lease, than the time between two sweeps, and than any pause of whoever tries again. */
const OUTAGE_MS = 60_000;

/** The database learns that the machine has begun. */
const TOLD_OF: GatedWrite = {
  table: 'jobs',
  event: 'UPDATE',
  when: 'OLD.contact_at IS NULL AND NEW.contact_at IS NOT NULL',
};
/** In the middle of the transaction that stores what the run came to. */
const STORED: GatedWrite = { table: 'apt_applied_packages', event: 'INSERT', when: 'true' };

interface Subject {
  readonly machine: RealMachine;
  readonly relay: SilentRelay;
  readonly id: string;
}

/** Workers are killed and stopped at exact moments, and the database goes: each time apt works once, and is told right. */
describe('an upgrade of a machine without systemd and one with it', () => {
  let folder: string;
  let server: RunningPostgres;
  let database: TestDatabase;
  let dataSource: DataSource;
  let installation: Installation;
  let api: ApiClient;
  let jobs: MachineJobs;
  let upgrades: Upgrades;
  let worker: ProductProcess;
  const subjects: Subject[] = [];

  const startDatabase = (port?: number): Promise<RunningPostgres> =>
    startPostgres({
      dataDir: path.join(folder, 'data'),
      durable: true,
      logFile: path.join(folder, 'log'),
      ...(port === undefined ? {} : { port }),
    });
  const shell = ({ name }: RealMachine, command: string): string => fleet('exec', name, 'sh', '-c', command).trim();
  const runOf = (machine: RealMachine, { id }: Job): string =>
    shell(machine, `ls /var/lib/system-update/runs/${id} 2>/dev/null || true`);
  const configured = (machine: RealMachine): number =>
    Number(shell(machine, `grep -c ' configure ${PACKAGE}:' /var/log/dpkg.log || true`));

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'change-faults-'));
    server = await startDatabase();
    database = await createTestDatabase({ adminUrl: server.url });
    dataSource = await database.dataSource();
    installation = new Installation(database.url);
    api = await installation.administrator(await installation.start('api'));
    jobs = new MachineJobs(api);
    upgrades = new Upgrades(api, dataSource);
    for (const machine of [at(realMachines(), 0), at(systemdMachines(), 1)]) {
      const relay = await SilentRelay.to(machine.address, machine.port);
      subjects.push({ machine, relay, id: await api.enrol({ ...machine, address: '127.0.0.1', port: relay.port }) });
    }
    worker = await installation.start('worker');
  }, 300_000);
  beforeEach(() => {
    for (const { machine } of subjects) {
      fleet('reset', machine.name);
      prepare(machine, 'slow-script');
    }
  }, 60_000);
  afterAll(async () => {
    for (const { machine, relay } of subjects) {
      fleet('reset', machine.name);
      await relay.close();
    }
    await installation.stop();
    await database.drop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  const confirmEach = async (): Promise<Job[]> => {
    const plans = await Promise.all(subjects.map(({ id }) => upgrades.plan(id, { mode: 'upgrade' })));
    return Promise.all(plans.map((plan) => upgrades.confirm(plan)));
  };
  const setsUp = async (changes: readonly Job[]): Promise<void> => {
    for (const job of changes) {
      await eventually(
        () => jobs.log(job.id),
        (lines) => lines.some(({ text }) => text.includes(`Setting up ${PACKAGE}`)),
      );
    }
  };
  const killed = async (): Promise<void> => {
    await worker.end('SIGKILL');
    worker = await installation.start('worker');
  };
  /** What is true of every run, whatever happened: apt worked once, the log is whole, the result is right, and told once. */
  const judge = async ({ machine }: Subject, job: Job): Promise<void> => {
    const ended = await eventually(
      async () => (await api.send<Job>('GET', `/jobs/${job.id}`)).body,
      ({ status }) => ['ok', 'warning', 'error', 'cancelled'].includes(status),
      150_000,
    );
    expect(ended).toMatchObject({ status: 'ok', attempt: 1, errorKind: null });
    expect({ version: versionOf(machine, PACKAGE), configured: configured(machine) }).toEqual({
      version: '1.1',
      configured: 1,
    });
    expect(await upgrades.applied(job.id)).toMatchObject([{ operation: 'upgraded', name: PACKAGE, to_version: '1.1' }]);
    const log = (await jobs.log(job.id)) as (LiveLine & { readonly stream: string })[];
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_line, index) => index + 1));
    const printed = log.filter(({ stream }) => stream === 'out').map(({ text }) => text);
    const kept = fleet('exec', machine.name, 'cat', `/var/lib/system-update/runs/${job.id}/log`);
    const frames = new RegExp(`\\u001e${job.id} step \\w+\\n`, 'g');
    expect(printed.join('\n')).toBe(kept.replace(frames, '').replace(/\n$/, ''));
    expect(await endsOf(job)).toEqual([{ executions: 1, ends: 1, locks: 0 }]);
  };
  const judgeEach = async (changes: readonly Job[]): Promise<void> => {
    for (const [index, subject] of subjects.entries()) await judge(subject, at(changes, index));
  };
  const endsOf = ({ id }: Job) =>
    queryRows(
      dataSource,
      `SELECT (SELECT count(*)::int FROM executions WHERE job_id = $1 AND status = 'ok') AS executions,
              (SELECT count(*)::int FROM machine_events WHERE job_id = $1 AND event_type = 'job_finished') AS ends,
              (SELECT count(*)::int FROM machine_locks WHERE job_id = $1) AS locks`,
      [id],
    );

  it('is begun by the next worker where the first is killed before it has reached the machine', async () => {
    const plans = await Promise.all(subjects.map(({ id }) => upgrades.plan(id, { mode: 'upgrade' })));
    for (const { relay } of subjects) relay.fallSilent();
    const changes = await Promise.all(plans.map((plan) => upgrades.confirm(plan)));
    for (const job of changes) expect(await jobs.running(job)).toMatchObject({ status: 'running', attempt: 1 });
    await worker.end('SIGKILL');
    for (const [index, { machine, relay }] of subjects.entries()) {
      expect(runOf(machine, at(changes, index))).toBe('');
      relay.recover();
    }
    worker = await installation.start('worker');
    await judgeEach(changes);
  }, 300_000);

  it('is found and not begun again where the worker is killed before it has noted that it was begun', async () => {
    const gate = await DatabaseGate.close(dataSource, TOLD_OF);
    const changes = await confirmEach();
    await gate.reached(subjects.length);
    for (const [index, { machine }] of subjects.entries())
      expect(runOf(machine, at(changes, index)).split('\n')).toContain('process');
    await killed();
    await gate.remove();
    expect(
      await queryRows(dataSource, 'SELECT DISTINCT contact_at, log_offset FROM jobs WHERE id = ANY($1)', [
        changes.map(({ id }) => id),
      ]),
    ).toEqual([{ contact_at: null, log_offset: '0' }]);
    await judgeEach(changes);
  }, 300_000);

  it('is told once where the worker is killed while it writes the result of what the machine has finished', async () => {
    const gate = await DatabaseGate.close(dataSource, STORED);
    const changes = await confirmEach();
    await gate.reached(subjects.length);
    for (const [index, { machine }] of subjects.entries())
      expect(runOf(machine, at(changes, index)).split('\n')).toContain('result');
    await killed();
    await gate.remove();
    for (const job of changes) expect(await jobs.job(job.id)).toMatchObject({ status: 'running' });
    await judgeEach(changes);
  }, 300_000);

  it('belongs to the next worker once the first was stopped past its lease: it can write nothing when it goes on', async () => {
    const changes = await confirmEach();
    await setsUp(changes);
    const old = worker;
    process.kill(old.pid, 'SIGSTOP');
    try {
      worker = await installation.start('worker');
      await judgeEach(changes);
      await reported(changes);
      const stored = await everythingOf(changes);
      process.kill(old.pid, 'SIGCONT');
      // It has met what it held before once it is at work again.
      await worker.end('SIGTERM');
      worker = old;
      const job = await jobs.ended(await jobs.analyse(at(subjects, 0).id));
      expect(await queryRows(dataSource, 'SELECT worker_id FROM jobs WHERE id = $1', [job.id])).toEqual([
        { worker_id: expect.stringContaining(`:${String(old.pid)}:`) as string },
      ]);
      expect(await everythingOf(changes)).toEqual(stored);
    } finally {
      process.kill(old.pid, 'SIGCONT');
    }
  }, 240_000);

  /** Log and report are written after the end, by whoever comes first. */
  const reported = async (changes: readonly Job[]): Promise<void> => {
    for (const { id } of changes) {
      await eventually(
        () => api.get<{ reportId: string | null }>(`/executions/${id}`),
        ({ reportId }) => reportId !== null,
      );
    }
  };
  /** Every row of a run. */
  const everythingOf = async (changes: readonly Job[]) => {
    const tables = {
      jobs: 'id',
      executions: 'job_id',
      job_log_chunks: 'job_id',
      machine_events: 'job_id',
      apt_applied_packages: 'execution_id',
    };
    const rows: unknown[] = [];
    for (const [table, column] of Object.entries(tables))
      rows.push(
        await queryRows(dataSource, `SELECT to_jsonb(t) FROM ${table} t WHERE ${column} = ANY($1) ORDER BY 1`, [
          changes.map(({ id }) => id),
        ]),
      );
    return rows;
  };

  it('goes on while the database is away for a minute, and its result is stored once it is back', async () => {
    const changes = await confirmEach();
    await setsUp(changes);
    const { port } = new URL(server.url);
    await server.stop();
    const stopped = Date.now();
    for (const [index, { machine }] of subjects.entries()) {
      await eventually(
        () => runOf(machine, at(changes, index)).split('\n'),
        (files) => files.includes('result'),
      );
    }
    await eventually(
      () => Date.now() - stopped,
      (awayMs) => awayMs >= OUTAGE_MS,
      2 * OUTAGE_MS,
    );
    server = await startDatabase(Number(port));
    await judgeEach(changes);
  }, 240_000);
});
