import { AutomationProcess, SetClock } from '../../../../test/support/automation-process';
import { expectedOccurrences, type Fate, type Version } from '../../../../test/support/expected-occurrences';
import { fakeAction, READING } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { explain, recordStatements } from '../../../../test/support/query-plans';
import { affected, queryRows } from '../../../kernel/database/rows';
import type { MissedRuns } from '../entities/automation.values';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Sample {
  readonly cron: string;
  readonly zone: string;
  readonly missedRuns: MissedRuns;
  readonly graceSeconds: number;
  readonly windowSeconds: number | null;
}

const EACH_HOUR = '5 * * * *';
const crons = ['30 2 * * *', '0 3 * * *', '15 */6 * * *', EACH_HOUR, '0 4 * * FRI#2', '45 1 L * *'];
const zones = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe'];
const policies: readonly Omit<Sample, 'cron' | 'zone'>[] = [
  { missedRuns: 'skip', graceSeconds: 1800, windowSeconds: null },
  { missedRuns: 'skip', graceSeconds: 1800, windowSeconds: 600 },
  { missedRuns: 'run_once', graceSeconds: 1800, windowSeconds: null },
  { missedRuns: 'run_once', graceSeconds: 300, windowSeconds: 600 },
  { missedRuns: 'window', graceSeconds: 1800, windowSeconds: 7200 },
];
const samples: Sample[] = zones.flatMap((zone) =>
  crons
    .flatMap((cron) => policies.map((policy) => ({ cron, zone, ...policy })))
    // Of those of every hour one only: they would be most of the due times.
    .filter(({ cron, missedRuns }) => cron !== EACH_HOUR || (zone === 'Europe/Paris' && missedRuns === 'skip')),
);

/** One whole time line: the schedules, who looks at which moment, and what was changed meanwhile. */
class TimeLine {
  readonly looks: Date[] = [];
  readonly versions = new Map<string, { machineId: string; versions: Version[] }>();

  constructor(
    private readonly first: AutomationProcess,
    private readonly second: AutomationProcess,
    private readonly clock: SetClock,
  ) {}

  async add(sample: Sample): Promise<string> {
    const machineId = await this.first.jobs.machine(`${sample.cron} ${sample.zone}`);
    const { zone: timezone, ...rest } = sample;
    const id = await this.first.schedule([machineId], { timezone, ...rest });
    this.versions.set(id, {
      machineId,
      versions: [{ ...sample, from: this.clock.at, looks: this.looks.length, enabled: true }],
    });
    return id;
  }

  async change(id: string, more: Partial<Sample>): Promise<void> {
    const { machineId, versions } = this.of(id);
    const before = versions.at(-1);
    if (before === undefined) throw new Error('it was never made');
    const after = { ...before, ...more, from: this.clock.at, looks: this.looks.length };
    const { cron, zone: timezone, missedRuns, graceSeconds, windowSeconds } = after;
    await this.first.change(id, [machineId], { cron, timezone, missedRuns, graceSeconds, windowSeconds });
    versions.push(after);
  }

  async setEnabled(id: string, enabled: boolean): Promise<void> {
    const { versions } = this.of(id);
    const before = versions.at(-1);
    if (before === undefined) throw new Error('it was never made');
    await this.first.setEnabled(id, enabled);
    versions.push({ ...before, enabled, from: this.clock.at, looks: this.looks.length });
  }

  /** Both processes look, at the same moment, until `to`; machines do at once what they are told. */
  async run(to: Date, stepMs: number): Promise<void> {
    while (this.clock.at < to) {
      this.clock.at = new Date(Math.min(this.clock.at.getTime() + stepMs, to.getTime()));
      await this.look();
    }
  }

  async look(): Promise<void> {
    this.looks.push(this.clock.at);
    const fired = await Promise.all([this.first.scheduler.tick(), this.second.scheduler.tick()]);
    if (fired.every((count) => count === 0)) return;
    await Promise.all([this.first.runner.advanceAll(), this.second.runner.advanceAll()]);
    await affected(this.first.jobs.dataSource, FINISH_JOBS);
    await Promise.all([this.first.runner.advanceAll(), this.second.runner.advanceAll()]);
  }

  expected(id: string): Record<string, Fate> {
    return Object.fromEntries(expectedOccurrences(this.of(id).versions, this.looks));
  }

  private of(id: string) {
    const found = this.versions.get(id);
    if (found === undefined) throw new Error('it is not of this time line');
    return found;
  }
}

let database: TestDatabase;
let processes: JobsProcess[];

beforeEach(async () => {
  database = await createTestDatabase();
  processes = [];
  for (let count = 0; count < 2; count += 1) processes.push(await JobsProcess.open(database.url, [fakeAction()]));
}, 60_000);
afterEach(async () => {
  for (const process of processes) await process.close();
  await database.drop();
});

function start(at: string): { line: TimeLine; clock: SetClock; first: AutomationProcess } {
  const clock = new SetClock(new Date(at));
  const [first, second] = processes.map((process) => new AutomationProcess(process, clock));
  if (first === undefined || second === undefined) throw new Error('there are two processes');
  return { line: new TimeLine(first, second, clock), clock, first };
}

/** What became of each due time, by its row, its machine and its job. */
async function found(first: AutomationProcess, id: string): Promise<Record<string, string>> {
  const rows = await queryRows<{ due_at: Date; fate: string }>(first.jobs.dataSource, FATES, [id]);
  return Object.fromEntries(rows.map(({ due_at, fate }) => [due_at.toISOString(), fate]));
}

async function expectAll(line: TimeLine, first: AutomationProcess): Promise<number> {
  let count = 0;
  for (const id of line.versions.keys()) {
    const wanted = line.expected(id);
    expect(await found(first, id)).toEqual(wanted);
    count += Object.keys(wanted).length;
  }
  return count;
}

it('accounts for every due time of thirty days: clocks changed, three hours away, steps of the clock, edits in between', async () => {
  const { line, clock, first } = start('2026-10-09T22:00:00Z');
  const ids: string[] = [];
  for (const sample of samples) ids.push(await line.add(sample));
  const [daily, hourly, ended] = [ids[0], ids[9], ids[4]];
  if (daily === undefined || hourly === undefined || ended === undefined) throw new Error('too few samples');
  await line.run(new Date('2026-10-14T00:00:00Z'), 30 * MINUTE);
  // Nobody is there for three hours, over due times of every zone.
  clock.at = new Date('2026-10-14T03:10:00Z');
  await line.run(new Date('2026-10-16T12:03:00Z'), 30 * MINUTE);
  await line.change(daily, { cron: '50 */3 * * *', zone: 'Asia/Kolkata', missedRuns: 'run_once' });
  await line.setEnabled(hourly, false);
  await line.run(new Date('2026-10-18T00:00:00Z'), 30 * MINUTE);
  await line.setEnabled(hourly, true);
  // The clock of the database goes back by two hours, and later ahead by three hours, by three days, and back again.
  clock.at = new Date(clock.at.getTime() - 2 * HOUR);
  await line.run(new Date('2026-10-20T01:00:00Z'), 30 * MINUTE);
  clock.at = new Date(clock.at.getTime() + 3 * HOUR);
  await line.look();
  clock.at = new Date(clock.at.getTime() - 3 * HOUR);
  await line.run(new Date('2026-10-21T01:00:00Z'), 30 * MINUTE);
  clock.at = new Date(clock.at.getTime() + 72 * HOUR);
  await line.look();
  clock.at = new Date(clock.at.getTime() - 72 * HOUR);
  // Over both changes of the clocks, half the time at an unlucky pace.
  await line.run(new Date('2026-10-30T00:00:00Z'), 30 * MINUTE);
  clock.at = new Date('2026-10-30T04:47:00Z');
  await line.change(ended, { cron: '0 0 1 1 *' });
  await line.run(new Date('2026-11-08T22:00:00Z'), 23 * MINUTE);
  const count = await expectAll(line, first);
  expect(count).toBeGreaterThan(1_800);
  const fates = await queryRows<{ fate: string; n: number }>(first.jobs.dataSource, SUMMARY);
  expect(fates.map(({ fate }) => fate).sort()).toEqual(['missed', 'ran', 'window_expired']);
}, 900_000);

it('accounts for every due time where clocks go forward', async () => {
  const { line, first } = start('2026-03-27T12:00:00Z');
  for (const sample of samples) if (sample.missedRuns === 'skip') await line.add(sample);
  await line.run(new Date('2026-03-30T12:00:00Z'), 10 * MINUTE);
  expect(await expectAll(line, first)).toBeGreaterThan(100);
}, 300_000);

it('goes by the database’s clock, though that of the process is hours away', async () => {
  const { line, clock, first } = start(new Date(Math.floor(Date.now() / MINUTE) * MINUTE + 2 * HOUR).toISOString());
  const sample = {
    cron: '* * * * *',
    zone: 'UTC',
    missedRuns: 'skip',
    graceSeconds: 300,
    windowSeconds: null,
  } as const;
  const id = await line.add(sample);
  const later = new Date(clock.at.getTime() + 10 * MINUTE);
  await line.run(later, MINUTE);
  expect(await found(first, id)).toEqual(line.expected(id));
  expect((await first.reader.find(id))?.nextRunAt?.getTime()).toBeGreaterThan(later.getTime());
}, 60_000);

it('finds what is due and what goes on by indexes, however much history there is', async () => {
  const { line, clock, first } = start('2026-10-01T00:00:00Z');
  const sample = {
    cron: '0 3 * * *',
    zone: 'UTC',
    missedRuns: 'skip',
    graceSeconds: 900,
    windowSeconds: null,
  } as const;
  await affected(first.jobs.dataSource, HISTORY, [await line.add(sample)]);
  await affected(first.jobs.dataSource, 'ANALYZE schedule_occurrences');
  clock.at = new Date('2026-10-01T03:00:30Z');
  const { dataSource } = first.jobs;
  const statements = await recordStatements(dataSource, () => line.look());
  const read = statements.filter(({ sql }) => /^\s*SELECT\b.*\bschedule(s|_occurrences)\b/s.test(sql));
  // What was taken back, what is due, and what goes on: all three are asked, as this program asks them.
  for (const asked of [/updated_at > \$1 OR/, /next_run_at <= \$1/, /\$1::uuid\[\] IS NULL OR schedule_id/]) {
    expect(read.filter(({ sql }) => asked.test(sql))).not.toEqual([]);
  }
  for (const statement of read) {
    const { scanned, blocks } = await explain(dataSource, statement);
    expect([statement.sql, scanned.filter((table) => table !== 'schedules')]).toEqual([statement.sql, []]);
    expect([statement.sql, blocks < FEW_BLOCKS]).toEqual([statement.sql, true]);
  }
  expect(await first.jobs.count('schedule_occurrences', `status = 'ok' AND due_at > '2026-01-01'`)).toBe(1);
}, 120_000);

/** Machines that do at once what they are told, without a worker: tokens are left to lie. */
const FINISH_JOBS = `
  UPDATE jobs SET status = 'ok', phase = NULL, started_at = now(), finished_at = now()
  WHERE kind = '${READING}' AND status = 'queued'`;

/** `ran` is said only of an occurrence whose machine had a job that ended well. */
const FATES = `
  SELECT o.due_at, CASE
    WHEN o.status = 'ok' AND (
      SELECT count(*) FROM schedule_occurrence_targets t JOIN jobs j ON j.id = t.job_id
      WHERE t.occurrence_id = o.id AND t.status = 'ok' AND j.status = 'ok' AND j.schedule_id = o.schedule_id) = 1 THEN 'ran'
    WHEN o.status = 'cancelled' AND o.error_message IS NOT NULL THEN o.error_kind
    ELSE o.status || ' ' || COALESCE(o.error_kind, 'without a reason') END AS fate
  FROM schedule_occurrences o WHERE o.schedule_id = $1`;

const SUMMARY = `
  SELECT CASE WHEN status = 'ok' THEN 'ran' ELSE error_kind END AS fate, count(*)::integer AS n
  FROM schedule_occurrences GROUP BY 1`;

/** The history is some thousand, and so is each of its indexes some hundred. */
const FEW_BLOCKS = 30;

const HISTORY = `
  INSERT INTO schedule_occurrences (id, schedule_id, due_at, trigger, status, created_at, finished_at)
  SELECT gen_random_uuid(), $1, '2020-01-01'::timestamptz + n * interval '1 minute', 'schedule', 'ok', now(), now()
  FROM generate_series(1, 100000) AS n`;
