import type { DataSource } from 'typeorm';
import { insertMachine, insertRow } from '../../../../test/support/insert-row';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { SystemClock } from '../../../kernel/clock';
import { Contracts } from '../../../kernel/contracts/contracts';
import { newId } from '../../../kernel/database/ids';
import { queryRows } from '../../../kernel/database/rows';
import { TransactionRunner } from '../../../kernel/database/transaction';
import type { DomainEvents } from '../../../kernel/events/domain-events';
import type { LiveBus } from '../../../kernel/live/live-bus';
import { secretRegistry } from '../../../kernel/logging/secret-registry';
import type { CollectedRun } from '../../jobs/actions/job-action';
import { MachineState } from '../../machines/machine-state';
import {
  APT_EXTERNAL_CHANGE_RESULT,
  APT_EXTERNAL_CHANGE_RESULT_IMPORTANT,
} from '../contracts/apt-external-change-result.v1';
import type { LoggedChange } from './external-changes';
import { ExternalChanges } from './external-changes.store';
import { readLogs, type LogsReading } from './read-logs';

const NOW = new Date('2026-11-23T12:00:00.000Z');
const days = (number: number): Date => new Date(NOW.getTime() + number * 86_400_000);

let database: TestDatabase;
let dataSource: DataSource;
let changes: ExternalChanges;
let transactions: TransactionRunner;
let machineId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.dataSource();
  transactions = new TransactionRunner(dataSource);
  const live = { changed: () => undefined } as unknown as LiveBus;
  const events = { publish: () => Promise.resolve() } as unknown as DomainEvents;
  const contracts = new Contracts();
  contracts.register(APT_EXTERNAL_CHANGE_RESULT, APT_EXTERNAL_CHANGE_RESULT_IMPORTANT);
  changes = new ExternalChanges(dataSource, contracts, events, new MachineState(new SystemClock(), live));
});
beforeEach(async () => {
  machineId = await insertMachine(dataSource);
  await insertRow(dataSource, 'machine_state', { machine_id: machineId, status: 'unknown', updated_at: NOW });
});
afterAll(() => database.drop());

describe('from when on logs are read for changes by others', () => {
  const note = (reading: LogsReading, at: Date) =>
    transactions.run((tx) => changes.noteReading(tx, machineId, reading, at));
  const changedAt = (at: Date) =>
    insertRow(dataSource, 'executions', {
      id: newId(),
      machine_id: machineId,
      action: 'apt_external_change',
      mode: 'external',
      started_at: at,
      finished_at: at,
      status: 'ok',
    });

  it('is 30 days ago the first time', async () => {
    expect(await changes.since(machineId, NOW)).toEqual(days(-30));
    await note('missed', days(-1));
    expect(await changes.since(machineId, NOW)).toEqual(days(-30));
  });

  it('is never later than now, whatever a clock that was ahead wrote', async () => {
    await changedAt(days(400));
    expect(await changes.since(machineId, NOW)).toEqual(days(-1));
    await note('read', days(500));
    expect(await changes.since(machineId, NOW)).toEqual(days(-1));
  });

  it('is where they were read last, however long ago that is', async () => {
    await changedAt(days(-70));
    await note('read', days(-60));
    expect(await changes.since(machineId, NOW)).toEqual(days(-61));
    await note('missed', NOW);
    expect(await changes.since(machineId, NOW)).toEqual(days(-61));
  });

  it('goes back as far as a clock that was behind when they were read', async () => {
    await note('read', days(-1));
    await note('read', days(-9));
    expect(await changes.since(machineId, NOW)).toEqual(days(-10));
  });

  it('stays where it was after a reading that failed, and is given up where that was long ago', async () => {
    await note('read', days(-3));
    await note('unreadable', NOW);
    expect(await changes.since(machineId, NOW)).toEqual(days(-4));
    await note('unreadable', days(60));
    expect(await changes.since(machineId, days(60))).toEqual(days(30));
  });
});

it('a change by others is kept once and whole, whatever passwords of other machines are held when it is read', async () => {
  const goodies = { name: 'debian-goodies', arch: 'all', operation: 'installed', from: null, to: '0.88' } as const;
  const change: LoggedChange = {
    startedAt: days(-1),
    finishedAt: days(-1),
    source: 'apt',
    command: 'apt install debian-goodies',
    actor: 'debian',
    error: null,
    finished: true,
    packages: [goodies],
  };
  const store = () =>
    transactions.run((tx) =>
      changes.store(
        tx,
        {
          machineId,
          jobId: newId(),
          snapshotId: null,
          contentSnapshotId: null,
          requestedBy: { type: 'system', id: null, name: 'system' },
          finishedAt: NOW,
        },
        [change],
      ),
    );
  const drops = ['debian', 'Debian-goodies-7'].map((word) => secretRegistry.register(word));
  await store();
  for (const drop of drops) drop();
  await store();
  const rows = await queryRows(
    dataSource,
    `SELECT p.name, e.result_json->>'command' AS command FROM executions e
       JOIN apt_applied_packages p ON p.execution_id = e.id WHERE e.machine_id = $1`,
    [machineId],
  );
  expect(rows).toEqual([{ name: 'debian-goodies', command: 'apt install debian-goodies' }]);
});

it.each([
  ['read', ['apt_history', 'dpkg_history'], ''],
  ['missed', ['apt_history'], ''],
  ['missed', [], ''],
  ['unreadable', ['apt_history', 'dpkg_history'], 'no such line\n'],
])('logs are %s where these have been told: %j', (reading, names, stdout) => {
  const section = { exitCode: 0, stdout, stderr: '', truncated: false };
  const run = { sections: new Map(names.map((name) => [name, section])), receivedAt: NOW };
  expect(readLogs(run as unknown as CollectedRun)).toMatchObject({ reading, until: NOW });
});

/** An answer whose machine says that it is now that moment. */
function toldAt(machineNow: Date, aptHistory = ''): CollectedRun {
  const texts = {
    environment: `now=${String(machineNow.getTime() / 1000)}\nkernel_release=6.1.0\narchitecture=amd64\n`,
    apt_history: aptHistory,
    dpkg_history: '',
  };
  const told = Object.entries(texts).map(([name, stdout]) => [
    name,
    { exitCode: 0, stdout, stderr: '', truncated: false },
  ]);
  const run = { sections: new Map(told as [string, object][]), receivedAt: NOW };
  return run as unknown as CollectedRun;
}

it('logs are read by the clock of their machine', () => {
  // It began a minute ago there: it is at work, not cut off.
  const began = String(days(-9).getTime() / 1000 - 60);
  const history = `Start-Date: ${began}\nCommandline: apt upgrade\nUpgrade: a:amd64 (1, 2)\n`;
  expect(readLogs(toldAt(days(-9), history))).toEqual({
    reading: 'read',
    until: days(-9),
    changes: [],
    messages: [],
  });
});

it('logs of a machine whose clock was ahead are read on from our own time, when it has been put right', async () => {
  const { reading, until } = readLogs(toldAt(days(30)));
  await transactions.run((tx) => changes.noteReading(tx, machineId, reading, until));
  expect(await changes.since(machineId, days(5))).toEqual(days(-1));
});

describe('a log with an entry that nobody can read', () => {
  const began = days(-1).getTime() / 1000;
  const entry = (at: number, packages: string): string =>
    `Start-Date: ${String(began + at)}\nCommandline: apt\n${packages}\nEnd-Date: ${String(began + at + 5)}\n\n`;
  const good = entry(60, 'Upgrade: openssl:amd64 (1, 2)');

  it('tells all else, and nothing of what was purged after it had been removed', () => {
    const { reading, changes, messages } = readLogs(toldAt(NOW, entry(0, 'Purge: fleet-gone:amd64 ()') + good));
    expect({ reading, messages }).toEqual({ reading: 'read', messages: [] });
    expect(changes).toMatchObject([{ packages: [{ name: 'openssl' }] }]);
  });

  it('says which one, and how it can be mended', () => {
    const { reading, changes, messages } = readLogs(toldAt(NOW, entry(0, 'Upgrade: odd') + good));
    expect(reading).toBe('read');
    expect(changes).toMatchObject([{ packages: [{ name: 'openssl' }] }]);
    expect(messages).toMatchObject([
      { component: 'apt_history', payload: { code: 'package_history_entry_unreadable' } },
    ]);
    expect(messages[0]?.message).toMatch(/correct it in \/var\/log\/apt\/history\.log .*unknown package: odd$/);
  });
});
