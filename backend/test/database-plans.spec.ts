import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { growChanges } from '../../tools/growth/changes.cjs';
import { growHistory } from '../../tools/growth/history.cjs';
import { Contracts } from '../src/kernel/contracts/contracts';
import type { DatabaseClock } from '../src/kernel/database/database-clock';
import { startOfMonth } from '../src/kernel/database/id-times';
import { queryRows } from '../src/kernel/database/rows';
import { makePartitionsAhead } from '../src/kernel/partitions/partitions';
import type { Retention } from '../src/kernel/retention/retention-rule';
import { PackageChangesReader } from '../src/modules/apt/package-changes.reader';
import { ArtifactsRepository } from '../src/modules/history/artifacts.repository';
import { MessagesReader } from '../src/modules/history/messages.reader';
import {
  ImportantMessagesRetention,
  MachineEventsRetention,
  RawArtifactsRetention,
  SnapshotsRetention,
} from '../src/modules/history/retention';
import { JobsReader } from '../src/modules/jobs/jobs.reader';
import { RequestsReader } from '../src/modules/jobs/requests/requests.reader';
import { ActionRequestsRetention, JobsRetention } from '../src/modules/jobs/retention';
import { goldenExample } from './support/golden-examples';
import { createTestDatabase, type TestDatabase } from './support/postgres';
import { explain, recordStatements, type QueryPlan } from './support/query-plans';

/** A page and what it needs for each of its rows. */
const PAGE_BLOCKS = 2_500;

/** Of a time long before this program, which no partition is made for. */
const STRAY_EVENTS = `
  INSERT INTO machine_events (id, machine_id, event_type, severity, created_at, actor_type, message)
  SELECT overlay(gen_random_uuid()::text placing '01800000-0000' from 1 for 13)::uuid, id, 'machine_created', 'info', '2022-04-06', 'system', 'Added.'
    FROM machines, generate_series(1, 20)`;

/** What is asserted are plans and blocks touched, which do not depend on how busy the box is. */
describe('a year of runs, plans, changes and messages', () => {
  const until = startOfMonth(new Date());
  const contracts = new Contracts();
  const shared: DatabaseClock = { now: () => Promise.resolve(until) };
  let db: TestDatabase;
  let source: DataSource;
  let machineId: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    source = await db.dataSource({ statementTimeoutMs: 0 });
    for (let month = -12; month <= 0; month += 3) await makePartitionsAhead(source, startOfMonth(until, month));
    const client = new Client({ connectionString: db.url });
    await client.connect();
    const history = { machines: 500, snapshotsPerMachine: 60, packagesPerSnapshot: 2, eventsPerMachine: 2 };
    await growHistory(client, { ...history, until, document: goldenExample('machine_hardware.disks', 1) as object });
    const changes = { analysesPerMachine: 100, changesPerMachine: 20, packagesPerChange: 25, messagesPerMachine: 40 };
    await growChanges(client, { ...changes, until, plan: goldenExample('apt_hold_plan', 1) as object });
    await client.query(STRAY_EVENTS);
    await client.query('VACUUM (ANALYZE) machine_events_default');
    await client.end();
    [{ id: machineId } = { id: '' }] = await queryRows<{ id: string }>(
      source,
      'SELECT id FROM machines LIMIT 1 OFFSET 7',
    );
  }, 300_000);

  afterAll(async () => {
    await db.drop();
  });

  /** All statements of `work` together. Neither the machines nor PostgreSQL's own tables grow with time. */
  async function planOf(
    work: () => Promise<unknown>,
    told?: (sql: string) => void,
  ): Promise<Pick<QueryPlan, 'scanned' | 'blocks'>> {
    const statements = await recordStatements(source, work, told);
    expect(statements).not.toEqual([]);
    const plans: QueryPlan[] = [];
    for (const statement of statements) plans.push(await explain(source, statement));
    return {
      scanned: plans.flatMap(({ scanned }) => scanned).filter((table) => !/^(machines$|pg_)/.test(table)),
      blocks: plans.reduce((sum, { blocks }) => sum + blocks, 0),
    };
  }

  async function expectByIndex(work: () => Promise<unknown>, most = PAGE_BLOCKS): Promise<void> {
    const { scanned, blocks } = await planOf(work);
    expect(scanned).toEqual([]);
    expect(blocks).toBeLessThan(most);
  }

  describe('pages', () => {
    it.each([
      ['all', {}],
      ['those that wait', { statuses: ['pending'] }],
      ['those that were rejected or whose time is over', { statuses: ['rejected', 'expired'] }],
      ['those that were carried out', { statuses: ['executed'] }],
      ['those that were decided', { statuses: ['approved', 'executed', 'rejected', 'expired'], decided: true }],
      ['those that ended without a decision', { statuses: ['expired'], decided: false }],
    ] as const)('requests: %s', async (_which, filter) => {
      const reader = new RequestsReader(source, contracts, shared);
      const first = await reader.page(filter, 51, null);
      const last = first.at(-1);
      if (last === undefined) throw new Error('No request was found.');
      await expectByIndex(() => reader.page(filter, 51, null));
      const after = { createdAt: last.createdAt.toISOString(), id: last.id };
      await expectByIndex(() => reader.page(filter, 51, after));
      await expectByIndex(() => reader.page({ ...filter, machineId }, 51, null));
    });

    it('requests that changed while a watcher was away, and the plan before this one', async () => {
      const reader = new RequestsReader(source, contracts, shared);
      await expectByIndex(() => reader.changedWithin(120_000), 8_000);
      const [newest] = await reader.page({ machineId }, 1, null);
      const request = await reader.find(newest?.id ?? '');
      if (request === null) throw new Error('The machine has no request.');
      await expectByIndex(() => reader.sinceLastPlan(request));
    });

    it('changes of a machine', async () => {
      const reader = new ArtifactsRepository(source, contracts);
      const { nextCursor } = await reader.executions(machineId, { limit: 5 });
      expect(nextCursor).not.toBeNull();
      await expectByIndex(() => reader.executions(machineId, { limit: 5 }), 400);
      await expectByIndex(() => reader.executions(machineId, { limit: 5, cursor: nextCursor ?? '' }), 400);
    });

    it('changes of a package: of the fleet and of a machine', async () => {
      const reader = new PackageChangesReader(source, contracts);
      const [{ name } = { name: '' }] = await queryRows<{ name: string }>(
        source,
        'SELECT name FROM apt_applied_packages WHERE machine_id = $1 LIMIT 1',
        [machineId],
      );
      const { nextCursor } = await reader.page(name, undefined, { limit: 50 });
      expect(nextCursor).not.toBeNull();
      await expectByIndex(() => reader.page(name, undefined, { limit: 50 }));
      await expectByIndex(() => reader.page(name, undefined, { limit: 50, cursor: nextCursor ?? '' }));
      const executionId = (await reader.page(name, machineId, { limit: 1 })).items[0]?.executionId ?? '';
      await expectByIndex(() => reader.ofExecution(executionId, { limit: 50 }));
      expect((await reader.page(name, machineId, { limit: 50 })).items).not.toEqual([]);
      await expectByIndex(() => reader.page(name, machineId, { limit: 50 }));
    });

    it('messages: open ones of the fleet, those of a machine, and the machines that say one', async () => {
      const reader = new MessagesReader(source, contracts);
      const first = await reader.groups({ acknowledged: false }, { limit: 50 });
      const [group] = first.items;
      if (group === undefined) throw new Error('There is no open message.');
      await expectByIndex(() => reader.groups({ acknowledged: false }, { limit: 50 }));
      await expectByIndex(() => reader.groups({ acknowledged: false, category: 'warning' }, { limit: 50 }));
      await expectByIndex(() => reader.groups({ acknowledged: false, machineId }, { limit: 50 }), 400);
      await expectByIndex(() => reader.ofMachine(machineId, undefined), 400);
      await expectByIndex(() => reader.ofGroup(group.key, { limit: 50 }));
    });

    it('jobs: all, those of a status, those of a machine', async () => {
      const reader = new JobsReader(source, contracts);
      const first = await reader.page({}, 51, null);
      const last = first.at(-1);
      if (last === undefined) throw new Error('No job was found.');
      await expectByIndex(() => reader.page({}, 51, null));
      await expectByIndex(() => reader.page({}, 51, { createdAt: last.createdAt.toISOString(), id: last.id }));
      await expectByIndex(() => reader.page({ statuses: ['error'] }, 51, null));
      await expectByIndex(() => reader.page({ machineId }, 51, null));
      await expectByIndex(() => reader.activity());
      await expectByIndex(() => reader.changedSince(until));
    });
  });

  describe('what removes old rows', () => {
    const old = startOfMonth(until, -6);

    it.each<[string, Date, (database: DataSource) => Retention]>([
      ['action_requests', old, (database) => new ActionRequestsRetention(database)],
      ['important_messages', old, (database) => new ImportantMessagesRetention(database)],
      ['jobs', old, (database) => new JobsRetention(database)],
      ['machine_events', startOfMonth(until, -24), (database) => new MachineEventsRetention(database)],
      ['raw_artifacts', until, (database) => new RawArtifactsRetention(database)],
      ['snapshots', old, (database) => new SnapshotsRetention(database)],
    ])('%s: reaches its rows by index, also within a batch', async (_table, before, rule) => {
      const stop = new AbortController();
      // It ends after the first batch; what is looked at is the second.
      const { scanned } = await planOf(
        () => rule(source).purge(before, stop.signal),
        (sql) => {
          if (sql.includes('DELETE') || sql.includes('UPDATE')) stop.abort();
        },
      );
      expect(stop.signal.aborted).toBe(true);
      expect(scanned).toEqual([]);
    });

    it('raw_artifacts: what is gone since long costs nothing, however much of it is remembered', async () => {
      const rule = new RawArtifactsRetention(source);
      const never = new AbortController().signal;
      await rule.purge(until, never);
      await source.query('VACUUM raw_artifacts');
      const { scanned, blocks } = await planOf(() => rule.purge(until, never));
      expect(scanned).toEqual([]);
      expect(blocks).toBeLessThan(20);
    });
  });
});
