import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { createTestApp, type TestApp } from '../../../test/support/test-app';
import { originOf } from '../../kernel/audit/request-origin';
import { systemActor } from '../../kernel/auth/actor';
import { startOfMonth } from '../../kernel/database/id-times';
import { newId } from '../../kernel/database/ids';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';
import { SessionsRetention } from '../accounts/retention';
import { PlannedPackagesRetention } from '../apt/retention';
import {
  ImportantMessagesRetention,
  MachineEventsRetention,
  RawArtifactsRetention,
  SnapshotsRetention,
  UnfinishedFilesRetention,
} from '../history/retention';
import { ActionRequestsRetention, JobLogsRetention, JobsRetention } from '../jobs/retention';
import { ScheduleOccurrencesRetention } from '../automation/retention';
import { APP_SETTINGS, isRetentionSetting } from '../settings/registry/app-settings';
import { SettingsService } from '../settings/settings.service';
import { CleanupRuns } from './cleanup-runs.repository';
import { MaintenanceModule } from './maintenance.module';
import { RetentionRunner } from './retention-runner';

const DAY_MS = 86_400_000;
const calls: { name: string; before: Date }[] = [];

class Recording implements Retention {
  readonly description = 'A rule of the test.';
  readonly derivedFrom?: string;

  constructor(
    readonly name: string,
    readonly defaultDays: number,
    derivedFrom?: string,
  ) {
    if (derivedFrom !== undefined) this.derivedFrom = derivedFrom;
  }

  purge(before: Date): Promise<RemovedCounts> {
    calls.push({ name: this.name, before });
    return Promise.resolve({ rows: 1 });
  }
}

@Injectable()
@RetentionRule()
class Parents extends Recording {
  constructor() {
    super('a_parents', 100);
  }
}
@Injectable()
@RetentionRule()
class Children extends Recording {
  constructor() {
    super('z_children', 400, 'a_parents');
  }
}
@Injectable()
@RetentionRule()
class Broken extends Recording {
  constructor() {
    super('b_broken', 10);
  }

  override purge(): Promise<RemovedCounts> {
    return Promise.reject(new Error('it broke'));
  }
}
const real = [
  ImportantMessagesRetention,
  JobLogsRetention,
  ActionRequestsRetention,
  JobsRetention,
  MachineEventsRetention,
  PlannedPackagesRetention,
  RawArtifactsRetention,
  ScheduleOccurrencesRetention,
  SessionsRetention,
  SnapshotsRetention,
  UnfinishedFilesRetention,
];

@Module({ providers: [Parents, Children, Broken, ...real] })
class SampleModule {}

describe('retention', () => {
  let test: TestApp;
  let runner: RetentionRunner;
  const dataDir = mkdtempSync(join(tmpdir(), 'retention-'));

  beforeAll(async () => {
    test = await createTestApp({ imports: [MaintenanceModule, SampleModule], environment: { DATA_DIR: dataDir } });
    runner = test.app.get(RetentionRunner);
  });
  afterAll(async () => {
    await test.close();
    rmSync(dataDir, { recursive: true });
  });
  beforeEach(() => calls.splice(0));

  it('finds the rules of every room', () => {
    expect(
      runner
        .rules()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'a_parents',
      'action_requests',
      'apt_planned_packages',
      'b_broken',
      'important_messages',
      'job_logs',
      'jobs',
      'machine_events',
      'raw_artifacts',
      'schedule_occurrences',
      'sessions',
      'snapshots',
      'unfinished_files',
      'z_children',
    ]);
  });

  it('runs what is derived first and no longer than its origin, by whole months, past a rule that fails', async () => {
    const reports = (await runner.run()) ?? [];
    const before = startOfMonth(new Date(Date.now() - 100 * DAY_MS));
    expect(calls).toEqual([
      { name: 'z_children', before },
      { name: 'a_parents', before },
    ]);
    expect(reports.find(({ rule }) => rule === 'b_broken')).toMatchObject({ error: 'it broke', removed: {} });
    expect(reports.filter(({ error }) => error !== null)).toHaveLength(1);
    expect(reports.find(({ rule }) => rule === 'a_parents')).toMatchObject({ removed: { rows: 1 }, error: null });
  });

  it('keeps each run: what it removed, and which rule failed', async () => {
    await test.dataSource.query('TRUNCATE cleanup_runs');
    const [died, now] = ['01900000-0000-7000-8000-0000000000aa', new Date()];
    await test.dataSource.query(
      `INSERT INTO cleanup_runs (id, mode, status, started_at) VALUES ($1, 'apply', 'running', '2026-01-01')`,
      [died],
    );
    await runner.run();
    const { body } = await test.as('viewer').get('/cleanup-runs').expect(200);
    expect(body).toEqual([
      {
        id: expect.any(String) as string,
        status: 'warning',
        startedAt: expect.any(String) as string,
        finishedAt: expect.any(String) as string,
        removed: expect.arrayContaining([{ what: 'rows', count: 2 }]) as unknown[],
        failedRules: ['b_broken'],
        unreadable: [],
      },
      expect.objectContaining({ id: died, status: 'error', removed: null, failedRules: [] }),
    ]);
    expect(Date.parse((body as { finishedAt: string }[])[1]?.finishedAt ?? '')).toBeGreaterThanOrEqual(now.getTime());
    await test.anonymous.get('/cleanup-runs').expect(401);
  });

  it('gives what a newer program left of a run as it stands', async () => {
    await test.dataSource.query('TRUNCATE cleanup_runs');
    const [counts, rules] = [
      { schema_version: 99, removed: 3 },
      { schema_version: 1, rules: 'none' },
    ];
    await test.dataSource.query(
      `INSERT INTO cleanup_runs (id, mode, status, started_at, finished_at, deleted_counts_json, result_json)
       VALUES ($1, 'apply', 'ok', '2026-01-01', '2026-01-01', '${JSON.stringify(counts)}', '${JSON.stringify(rules)}')`,
      [newId()],
    );
    const { body } = await test.as('viewer').get('/cleanup-runs').expect(200);
    expect(body).toEqual([
      expect.objectContaining({
        removed: null,
        failedRules: [],
        unreadable: [
          expect.objectContaining({
            contract: 'cleanup_run.deleted_counts',
            schemaVersion: 99,
            unreadable: 'newer',
            document: counts,
          }),
          expect.objectContaining({ contract: 'cleanup_run.result', unreadable: 'damaged', document: rules }),
        ],
      }),
    ]);
  });

  it('leaves it to the program that is at it already', async () => {
    const other = test.dataSource.createQueryRunner();
    await other.query('SELECT pg_advisory_lock(7388120335)');
    expect(await runner.run()).toBeNull();
    expect(calls).toEqual([]);
    await other.query('SELECT pg_advisory_unlock(7388120335)');
    await other.release();
    expect(await runner.run()).not.toBeNull();
  });

  it('leaves no lock when it breaks off', async () => {
    jest.spyOn(test.app.get(CleanupRuns), 'begin').mockRejectedValueOnce(new Error('the database went away'));
    await expect(runner.run()).rejects.toThrow('the database went away');
    const held = `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database()
      WHERE locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = 7388120335`;
    expect(await test.dataSource.query(held)).toEqual([]);
  });

  it('removes jobs that have ended and their logs, and leaves what waits or runs', async () => {
    const old = '01800000-0000-7000-8000-00000000000';
    for (const [index, status] of ['ok', 'error', 'queued', 'running'].entries()) {
      await test.dataSource.query(
        `INSERT INTO jobs (id, kind, status, created_at) VALUES ($1, 'sample', $2, '2022-01-01')`,
        [`${old}${String(index)}`, status],
      );
    }
    await test.dataSource.query(
      `INSERT INTO job_log_chunks (job_id, seq, stream, text, created_at) VALUES ($1, 1, 'out', 'said', '2022-01-01')`,
      [`${old}0`],
    );
    await runner.run();
    expect(await test.dataSource.query('SELECT status FROM jobs ORDER BY id')).toEqual([
      { status: 'queued' },
      { status: 'running' },
    ]);
    expect(await test.dataSource.query('SELECT 1 FROM job_log_chunks')).toEqual([]);
  });

  it('removes files that a killed process left half written, and not those that are being written', async () => {
    const folder = join(dataDir, 'artifacts', 'runs', '2026-11');
    mkdirSync(folder, { recursive: true });
    const [left, present] = [`.${newId()}`, `.${newId()}`];
    for (const name of [left, present, 'whole.log.gz']) writeFileSync(join(folder, name), 'x');
    const yesterday = (Date.now() - DAY_MS) / 1000 - 60;
    for (const name of [left, 'whole.log.gz']) utimesSync(join(folder, name), yesterday, yesterday);
    const reports = await runner.run();
    expect(reports?.find(({ rule }) => rule === 'unfinished_files')?.removed).toEqual({ unfinished_files: 1 });
    expect(readdirSync(folder).sort()).toEqual([present, 'whole.log.gz']);
  });

  it('keeps what the settings say, and derived rows no longer than that', async () => {
    await test.app.get(SettingsService).set('retention.snapshots_days', 400, null, originOf(systemActor));
    const reports = await runner.run();
    const before = startOfMonth(new Date(Date.now() - 400 * DAY_MS));
    const periods = new Map(reports?.map((report) => [report.rule, report.before]));
    expect(periods.get('snapshots')).toEqual(before);
    expect(periods.get('apt_planned_packages')).toEqual(before);
  });

  it('has words in the portal for everything that it removes', async () => {
    const reports = (await runner.run()) ?? [];
    const ours = reports.filter(({ rule }) => !['a_parents', 'b_broken', 'z_children'].includes(rule));
    const counted = ours
      .flatMap(({ removed }) => Object.keys(removed))
      .filter((what) => !what.endsWith('_carried_over'));
    expect(counted.length).toBeGreaterThan(10);
    for (const language of ['en', 'fr']) {
      const file = join(__dirname, `../../../../frontend/src/i18n/${language}.json`);
      const words = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
      expect(counted.filter((what) => words[`cleanup.removed.${what}`] === undefined)).toEqual([]);
    }
  });

  it('has a setting for each period, with the same default', () => {
    const rules = runner.rules().filter((rule) => !(rule instanceof Recording) && rule.defaultDays !== undefined);
    const defaults = Object.entries(APP_SETTINGS).filter(([key]) => isRetentionSetting(key));
    expect(Object.fromEntries(rules.map((rule) => [`retention.${rule.name}_days`, rule.defaultDays]))).toEqual(
      Object.fromEntries(defaults.map(([key, setting]) => [key, setting.default])),
    );
  });

  it('is what docs/retention.md says', () => {
    const said = readFileSync(join(__dirname, '../../../../docs/retention.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name, kept, description]) => [name, kept, description]);
    const documented = runner
      .rules()
      .filter((rule) => !(rule instanceof Recording))
      .map(({ name, defaultDays, derivedFrom, description }) => [
        `\`${name}\``,
        keptFor(defaultDays, derivedFrom),
        description,
      ]);
    expect(said.sort()).toEqual(documented.sort());
  });
});

function keptFor(defaultDays: number | undefined, derivedFrom: string | undefined): string {
  if (defaultDays !== undefined) return `${String(defaultDays)} days`;
  return derivedFrom === undefined ? 'each its own' : `with \`${derivedFrom}\``;
}
