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
import type { CollectedRun } from '../../jobs/actions/job-action';
import { MachineState } from '../../machines/machine-state';
import {
  APT_EXTERNAL_CHANGE_RESULT,
  APT_EXTERNAL_CHANGE_RESULT_IMPORTANT,
} from '../contracts/apt-external-change-result.v1';
import { ExternalChanges } from './external-changes.store';
import { readLogs } from './read-logs';

/** A day after the moment from which on changes are told. */
const NOW = new Date('2026-11-23T02:10:00Z');
const EDGE = '02:03:00';
const at = (time: string): Date => new Date(`2026-11-22T${time}Z`);
const seconds = (time: string): string => String(at(time).getTime() / 1000);

let database: TestDatabase;
let dataSource: DataSource;
let changes: ExternalChanges;
let machineId: string;
let told: { readonly actor?: { readonly name: string | null } }[];

beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await database.dataSource();
  const live = { changed: () => undefined } as unknown as LiveBus;
  const events = { publish: (_tx: unknown, event: object) => Promise.resolve(told.push(event)) };
  const contracts = new Contracts();
  contracts.register(APT_EXTERNAL_CHANGE_RESULT, APT_EXTERNAL_CHANGE_RESULT_IMPORTANT);
  changes = new ExternalChanges(
    dataSource,
    contracts,
    events as unknown as DomainEvents,
    new MachineState(new SystemClock(), live),
  );
});
beforeEach(async () => {
  told = [];
  machineId = await insertMachine(dataSource);
  await insertRow(dataSource, 'machine_state', {
    machine_id: machineId,
    status: 'unknown',
    updated_at: NOW,
    apt_history_read_at: new Date(at(EDGE).getTime() + 86_400_000),
  });
});
afterAll(() => database.drop());

/** A run of ours from 02:00:50 to 02:05:10, with the packages that it measured; null: it has no result. */
async function ourRun(packages: readonly string[] | null, status = 'ok'): Promise<string> {
  const id = newId();
  await insertRow(dataSource, 'executions', {
    id,
    machine_id: machineId,
    action: 'apt_upgrade',
    mode: 'manual',
    started_at: at('02:00:50'),
    finished_at: status === 'running' ? null : at('02:05:10'),
    status,
    result_json: packages === null ? null : '{}',
  });
  for (const name of packages ?? []) {
    await insertRow(dataSource, 'apt_applied_packages', {
      id: newId(),
      execution_id: id,
      machine_id: machineId,
      name,
      arch: 'amd64',
      from_version: '1',
      to_version: '2',
      operation: 'upgraded',
      dedup_key: name,
    });
  }
  return id;
}

type Entry = readonly [start: string, end: string | null, command: string, packages: readonly string[], error?: string];

const ours = (run: string): string =>
  `apt-get -o DPkg::Pre-Install-Pkgs::=/var/lib/system-update/runs/${run}/guard upgrade`;

/** Stores what an analysis reads of the two logs. */
async function analysed(apt: readonly Entry[], dpkg: readonly (readonly [time: string, name: string])[]) {
  const entries = apt.map(([start, end, command, packages, error]) =>
    [
      `Start-Date: ${seconds(start)}`,
      `Commandline: ${command}`,
      `Upgrade: ${packages.map((name) => `${name}:amd64 (1, 2)`).join(', ')}`,
      ...(error === undefined ? [] : [`Error: ${error}`]),
      ...(end === null ? [] : [`End-Date: ${seconds(end)}`]),
      '',
    ].join('\n'),
  );
  const steps = dpkg.map(([time, name]) => `${seconds(time)}\tupgrade\t${name}:amd64\t1\t2\n`);
  const environment = `now=${String(NOW.getTime() / 1000)}\nkernel_release=6.1.0\narchitecture=amd64\n`;
  const texts = { environment, apt_history: entries.join(''), dpkg_history: steps.join('') };
  const sections = new Map(
    Object.entries(texts).map(([name, stdout]) => [name, { exitCode: 0, stdout, stderr: '', truncated: false }]),
  );
  const read = readLogs({ sections, receivedAt: NOW } as unknown as CollectedRun);
  const context = {
    machineId,
    jobId: newId(),
    snapshotId: null,
    contentSnapshotId: null,
    requestedBy: { type: 'system', id: null, name: 'system' },
    finishedAt: NOW,
  } as const;
  await new TransactionRunner(dataSource).run((tx) => changes.store(tx, context, read.changes));
}

/** `<mode> <package>` of all that changed on the machine. */
async function stored(): Promise<string[]> {
  const rows = await queryRows<{ mode: string; name: string }>(
    dataSource,
    `SELECT e.mode, p.name FROM apt_applied_packages p JOIN executions e ON e.id = p.execution_id
      WHERE e.machine_id = $1 ORDER BY 1, 2`,
    [machineId],
  );
  return rows.map(({ mode, name }) => `${mode} ${name}`);
}

describe('a change that was at work at the moment from which on changes are told', () => {
  it('has its logs read from before that, so that they hold all of it', async () => {
    expect(await changes.since(machineId, NOW)).toEqual(at(EDGE));
    expect((await changes.readFrom(machineId, NOW)).getTime()).toBeLessThanOrEqual(at('00:00:00').getTime());
  });

  it('stays ours where it is of a run of ours', async () => {
    const run = await ourRun(['bash', 'openssl']);
    await analysed(
      [['02:01:00', '02:05:00', ours(run), ['bash', 'openssl']]],
      [
        ['02:02:00', 'bash'],
        ['02:04:00', 'openssl'],
      ],
    );
    expect(await stored()).toEqual(['manual bash', 'manual openssl']);
    expect(told).toEqual([]);
  });

  it('was told when it was read as a whole, and is not told again as half', async () => {
    await analysed(
      [['02:01:00', '02:05:00', 'apt upgrade', ['bash', 'openssl']]],
      [
        ['02:02:00', 'bash'],
        ['02:04:00', 'openssl'],
        ['02:02:50', 'alone'],
        ['02:03:10', 'beside'],
      ],
    );
    expect(await stored()).toEqual([]);
    expect(told).toEqual([]);
  });
});

describe('what others did while a run of ours was at work', () => {
  it('is taken out of what that run applied', async () => {
    const run = await ourRun(['bash', 'curl', 'openssl']);
    await analysed(
      [
        ['02:03:30', '02:03:40', 'apt install curl', ['curl']],
        ['02:04:00', '02:05:00', ours(run), ['bash']],
      ],
      [
        ['02:03:35', 'curl'],
        ['02:04:10', 'bash'],
        ['02:05:05', 'openssl'],
      ],
    );
    expect(await stored()).toEqual(['external curl', 'external openssl', 'manual bash']);
    expect(told.map(({ actor }) => actor?.name)).toEqual(['root', 'root']);
  });

  it('is not what an archive of that run brought under another name than its index says', async () => {
    const run = await ourRun(['bash', 'odd']);
    await analysed(
      [['02:04:00', '02:05:00', ours(run), ['bash']]],
      [
        ['02:04:10', 'bash'],
        ['02:04:20', 'odd'],
      ],
    );
    expect(await stored()).toEqual(['manual bash', 'manual odd']);
    expect(told).toEqual([]);
  });

  it('is not what that run has measured, where the log of apt does not know of the run', async () => {
    await ourRun(['bash', 'curl']);
    await analysed(
      [['02:03:30', '02:03:40', 'apt install curl', ['curl']]],
      [
        ['02:03:35', 'curl'],
        ['02:04:10', 'bash'],
        ['02:04:12', 'other'],
      ],
    );
    expect(await stored()).toEqual(['external curl', 'external other', 'manual bash']);
  });
});

/** `<status> <finished> <packages>` of each change by others. */
async function external(): Promise<string[]> {
  const rows = await queryRows<{ told: string }>(
    dataSource,
    `SELECT concat_ws(' ', status, result_json ->> 'finished', (SELECT string_agg(p.name, ',' ORDER BY p.name)
              FROM apt_applied_packages p WHERE p.execution_id = e.id)) AS told
       FROM executions e WHERE machine_id = $1 AND mode = 'external' ORDER BY started_at`,
    [machineId],
  );
  return rows.map((row) => row.told);
}

describe('what others began', () => {
  it('is told as far as it was done, where their apt failed', async () => {
    const error = 'Sub-process /usr/bin/dpkg returned an error code (1)';
    await analysed(
      [
        ['08:00:00', '08:05:00', 'apt upgrade', ['bash', 'openssl'], error],
        ['10:00:00', '10:05:00', 'apt upgrade', ['openssl']],
      ],
      [
        ['08:01:00', 'bash'],
        ['10:01:00', 'openssl'],
      ],
    );
    expect(await external()).toEqual(['error true bash', 'ok true openssl']);
    expect(told).toMatchObject([{ message: expect.stringMatching(/: bash 1 → 2$/) as string }, {}]);
  });

  it('is told once, and with its end where that is read later', async () => {
    const entry = (end: string | null): Entry => ['08:00:00', end, 'apt upgrade', ['bash', 'openssl']];
    const odd = ['08:02:00', 'odd'] as const;
    await analysed([entry(null)], [['08:01:00', 'bash'], odd]);
    expect(await external()).toEqual(['error false bash']);
    const all = [['08:01:00', 'bash'], odd, ['22:00:00', 'openssl']] as const;
    await analysed([entry('22:00:05')], all);
    await analysed([entry('22:00:05')], all);
    expect(await external()).toEqual(['ok true bash,odd,openssl']);
    expect(told).toMatchObject([
      { severity: 'warning', at: at('08:00:00') },
      { severity: 'info', at: at('22:00:05') },
    ]);
  });

  it('is told once, where the same command ran twice within a second', async () => {
    const both: Entry[] = [
      ['08:00:00', '08:00:00', 'apt install', ['bash']],
      ['08:00:00', '08:00:00', 'apt install', ['curl']],
    ];
    await analysed(both, []);
    await analysed(both, []);
    expect(await external()).toEqual(['ok true bash,curl']);
  });
});

describe('a run of ours that ended here without a result', () => {
  it('has what the logs of its machine tell, once', async () => {
    const run = await ourRun(null, 'error');
    const read = () => analysed([['02:04:00', '02:05:00', ours(run), ['bash', 'openssl']]], [['02:04:10', 'bash']]);
    await read();
    await read();
    // The run of apt ended well, and yet dpkg knows of one package only.
    expect(await stored()).toEqual(['manual bash']);
    expect(told).toEqual([]);
  });

  it('has by the word of apt alone only what ended well', async () => {
    const [good, bad, cut] = [await ourRun(null, 'error'), await ourRun(null, 'error'), await ourRun(null, 'error')];
    await analysed(
      [
        ['02:04:00', '02:05:00', ours(good), ['bash']],
        ['02:06:00', '02:07:00', ours(bad), ['curl'], 'Sub-process /usr/bin/dpkg returned an error code (1)'],
        ['02:08:00', null, ours(cut), ['openssl']],
      ],
      [],
    );
    expect(await stored()).toEqual(['manual bash']);
  });

  it('is added to when it went on after it had been read', async () => {
    const run = await ourRun(null, 'error');
    const entry = (end: string | null): Entry => ['02:04:00', end, ours(run), ['bash', 'openssl']];
    await analysed([entry(null)], [['02:04:10', 'bash']]);
    expect(await stored()).toEqual(['manual bash']);
    await analysed(
      [entry('05:00:00')],
      [
        ['02:04:10', 'bash'],
        ['04:59:00', 'openssl'],
      ],
    );
    expect(await stored()).toEqual(['manual bash', 'manual openssl']);
  });

  it('has each package once, though what apt has not written down is known only when it has ended', async () => {
    const run = await ourRun(null, 'error');
    const entry = (end: string | null): Entry => ['08:04:00', end, ours(run), ['bash', 'openssl']];
    const begun = [
      ['08:04:10', 'bash'],
      ['08:04:20', 'odd'],
    ] as const;
    await analysed([entry(null)], begun);
    expect(await stored()).toEqual(['manual bash']);
    await analysed([entry('12:00:00')], [...begun, ['11:59:00', 'openssl']]);
    expect(await stored()).toEqual(['manual bash', 'manual odd', 'manual openssl']);
    expect(told).toEqual([]);
  });

  it('is let end by whoever follows it, while it is open', async () => {
    const run = await ourRun(null, 'running');
    await analysed([['02:04:00', '02:05:00', ours(run), ['bash']]], [['02:04:10', 'bash']]);
    expect(await stored()).toEqual([]);
  });

  it('keeps what it measured where it has a result', async () => {
    const run = await ourRun(['bash']);
    await analysed(
      [['02:04:00', '02:05:00', ours(run), ['bash', 'openssl']]],
      [
        ['02:04:10', 'bash'],
        ['02:04:20', 'openssl'],
      ],
    );
    expect(await stored()).toEqual(['manual bash']);
  });
});
