import { performance } from 'node:perf_hooks';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { query, type Database } from './database.mts';
import { median, memoryOf, type Comparison } from './measure.mts';
import { addMachines, require, support, withJobs, withServer, type Jobs, type Room } from './rooms.mts';

const HOUR = 3_600_000;
const SCHEDULES = 500;
const MACHINES = 10_000;
/** The default of the product. */
const START_RATE = 50;
const WORKERS = 2;
const START_LIMIT_SECONDS = 1_800;
/** As many of each: 500 schedules come due about 205,000 times a year. */
const CRONS = [
  '30 2 * * *',
  '0 3 * * *',
  '15 1 * * *',
  '45 23 * * *',
  '0 2 * * *',
  '20 4 * * *',
  '10 5 * * *',
  '30 */12 * * *',
];
const ZONES = ['Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const POLICIES = [
  { missedRuns: 'skip', graceSeconds: 3600, windowSeconds: null },
  { missedRuns: 'run_once', graceSeconds: 3600, windowSeconds: null },
  { missedRuns: 'window', graceSeconds: 3600, windowSeconds: 7200 },
] as const;

type Sample = (typeof POLICIES)[number] & { readonly cron: string; readonly zone: string };

interface Automation {
  readonly scheduler: { tick(): Promise<number> };
  readonly runner: { advanceAll(): Promise<void> };
  schedule(machineIds: readonly string[], more: object): Promise<string>;
}
interface Parts extends Room {
  readonly automation: Automation;
  readonly clock: { at: Date };
}
type Fates = ReadonlyMap<string, string>;

export interface SchedulesOptions {
  readonly tell: (line: string) => void;
}

/** A year of schedules against a walk through its minutes. */
export async function compareSchedules({ tell }: SchedulesOptions): Promise<Comparison[]> {
  return withServer('schedules', (server) => withParts(server, 'year', (parts) => compareYear(parts, tell)));
}

/** Ten thousand machines that are due in the same minute: queued, begun at the configured rate, and ended. */
export async function compareMinute({ tell }: SchedulesOptions): Promise<Comparison[]> {
  return withServer('minute', (server) =>
    withParts(server, 'minute', async (parts) => {
      const queued = await queueAll(parts);
      tell('  all of them begin at the configured rate …');
      return [...queued, ...(await startAll(parts))];
    }),
  );
}

async function withParts<T>(server: string, name: string, work: (parts: Parts) => Promise<T>): Promise<T> {
  return withJobs(server, name, (room) => {
    const { AutomationProcess, SetClock } = support('automation-process.ts') as {
      AutomationProcess: new (jobs: Jobs, clock: Parts['clock']) => Automation;
      SetClock: new (at: Date) => Parts['clock'];
    };
    const clock = new SetClock(new Date('2026-01-01T00:00:00Z'));
    return work({ ...room, automation: new AutomationProcess(room.jobs, clock), clock });
  });
}

/**
 * Looks every hour of a year at what has come due, with three hours of downtime each month and a clock that steps, and
 * compares each due time with what must have become of it.
 * @throws Error when one is missing, double, or had another fate
 */
async function compareYear(
  { database, jobs, automation, clock }: Parts,
  tell: (line: string) => void,
): Promise<Comparison[]> {
  const samples = CRONS.flatMap((cron) => ZONES.flatMap((zone) => POLICIES.map((one) => ({ ...one, cron, zone }))));
  const machineId = await jobs.machine('one');
  const made: { id: string; sample: Sample }[] = [];
  for (let index = 0; index < SCHEDULES; index += 1) {
    const sample = samples[index % samples.length] as Sample;
    const { zone: timezone, ...more } = sample;
    made.push({
      id: await automation.schedule([machineId], { name: `schedule ${String(index)}`, timezone, ...more }),
      sample,
    });
  }
  const from = clock.at;
  const looks: Date[] = [];
  const times: number[] = [];
  tell(`  a year of ${String(SCHEDULES)} schedules …`);
  for (const at of momentsOfYear(from)) {
    // A year passes in minutes here, in which the database's own upkeep would not come round.
    if (at.getUTCDate() === 1 && at.getUTCHours() === 0)
      await query(database, 'VACUUM schedules, schedule_occurrences');
    clock.at = at;
    looks.push(at);
    const started = performance.now();
    if ((await automation.scheduler.tick()) > 0) times.push(performance.now() - started);
    // The machines are not what is measured.
    await query(database, `UPDATE schedule_occurrences SET status = 'ok', finished_at = now() WHERE status = 'queued'`);
  }
  tell('  a walk through its minutes …');
  const count = await compareFates(database, made, from, looks);
  tell(`  ${String(count)} due times, each once and as it must be`);
  const month = Math.floor(times.length / 12);
  return [
    {
      measure: 'Finding what is due, with a year of occurrences',
      unit: 'ms',
      product: median(times.slice(-month)),
      baseline: 'the same in the first month',
      reference: median(times.slice(0, month)),
      aim: { ratio: 1.5 },
    },
  ];
}

/** Hours of a year; none for three of them each month, and twice a month the clock is wrong for a moment. */
function* momentsOfYear(from: Date): Generator<Date> {
  const end = Date.UTC(from.getUTCFullYear() + 1, 0, 1);
  for (let at = from.getTime() + HOUR; at <= end; at += HOUR) {
    const now = new Date(at);
    const [day, hour] = [now.getUTCDate(), now.getUTCHours()];
    if (day === 9 && hour >= 1 && hour <= 3) continue;
    yield now;
    if (day === 15 && hour === 6) yield new Date(at - 2 * HOUR);
    if (day === 22 && hour === 20) yield new Date(at + 3 * HOUR);
  }
}

async function compareFates(
  database: Database,
  made: readonly { id: string; sample: Sample }[],
  from: Date,
  looks: readonly Date[],
): Promise<number> {
  const { expectedOccurrences } = support('expected-occurrences.ts') as {
    expectedOccurrences: (versions: readonly object[], looks: readonly Date[]) => Fates;
  };
  const known = new Map<Sample, Fates>();
  let count = 0;
  for (const { id, sample } of made) {
    // A walk takes seconds; what else lives in this process gets its turn in between.
    await setImmediate();
    const wanted = known.get(sample) ?? expectedOccurrences([{ ...sample, from, looks: 0, enabled: true }], looks);
    known.set(sample, wanted);
    const rows = await query<{ due_at: Date; fate: string }>(
      database,
      `SELECT due_at, CASE WHEN status = 'ok' THEN 'ran' ELSE error_kind END AS fate FROM schedule_occurrences
       WHERE schedule_id = $1`,
      [id],
    );
    const wrong = rows.filter(({ due_at, fate }) => wanted.get(due_at.toISOString()) !== fate);
    if (rows.length !== wanted.size || wrong.length > 0) {
      throw new Error(
        `${sample.cron} in ${sample.zone}: ${String(rows.length)} of ${String(wanted.size)}, wrong: ${JSON.stringify(wrong.slice(0, 3))}`,
      );
    }
    count += rows.length;
  }
  return count;
}

/** Ten thousand machines of one schedule, from the due time to the last queued job. */
async function queueAll({ database, url, automation, clock }: Parts): Promise<Comparison[]> {
  await addMachines(database, MACHINES);
  await query(database, 'ANALYZE');
  const conditions = { securityUpdates: false, updates: false, rebootRequired: false, notAnalysedDays: null };
  const scope = { wholeFleet: true, machineIds: [], tagIds: [], conditions };
  await automation.schedule([], { cron: '0 3 * * *', timezone: 'UTC', scope, concurrency: MACHINES });
  clock.at = new Date('2026-01-01T03:00:01Z');
  const before = memoryOf(process.pid, 'VmRSS');
  const started = performance.now();
  await automation.scheduler.tick();
  await automation.runner.advanceAll();
  const seconds = (performance.now() - started) / 1000;
  const memory = memoryOf(process.pid, 'VmRSS') - before;
  const [queued] = await query<{ n: number }>(
    database,
    `SELECT count(*)::integer AS n FROM jobs WHERE status = 'queued'`,
  );
  if (queued?.n !== MACHINES) throw new Error(`${String(queued?.n)} of ${String(MACHINES)} machines were queued.`);
  const reference = await sendAll(url);
  return [
    {
      measure: `${String(MACHINES)} machines due in the same minute, to the last queued job`,
      unit: 's',
      product: seconds,
      baseline: 'pg-boss alone, as many messages of the same ids in transactions of 500',
      reference,
      aim: { most: 10 },
    },
    {
      measure: 'The same, memory that the process keeps',
      unit: 'MB',
      product: memory,
      baseline: 'the process before',
      reference: before,
      aim: { ratio: 0.5 },
    },
  ];
}

/** Machines that answer at once, two workers: how fast the jobs begin, and what the process holds meanwhile. */
async function startAll({ database, jobs, automation }: Parts): Promise<Comparison[]> {
  const { answer } = support('jobs-fakes.ts') as { answer: (sections: object) => unknown };
  jobs.remote.otherwise(() => answer({ look: 'fine' }));
  for (let worker = 0; worker < WORKERS; worker += 1)
    jobs.work({
      concurrency: START_RATE,
      fleetConcurrency: START_RATE * WORKERS,
      startRate: START_RATE,
      sweepEveryMs: 10_000,
    });
  const held: number[] = [];
  for (let ended = 0; ended < MACHINES;) {
    await delay(1_000);
    // What these rooms keep for tests is no memory of the product.
    jobs.events.published.length = 0;
    held.push(memoryOf(process.pid, 'VmRSS'));
    const [row] = await query<{ n: number }>(database, `SELECT count(*)::integer AS n FROM jobs WHERE status = 'ok'`);
    ended = row?.n ?? 0;
    if (held.length > START_LIMIT_SECONDS) throw new Error(`Only ${String(ended)} machines were done.`);
  }
  await automation.runner.advanceAll();
  const [pace] = await query<{ seconds: number; most: number; open: number }>(database, PACE);
  if (pace?.open !== 0) throw new Error('The occurrence did not end with its last machine.');
  const third = Math.floor(held.length / 3);
  const measure = `${String(MACHINES)} machines due in the same minute`;
  const baseline = 'the configured rate';
  return [
    {
      measure: `${measure}: jobs begun per second, from the first to the last, ${String(WORKERS)} workers`,
      unit: '',
      product: (MACHINES - 1) / pace.seconds,
      baseline,
      reference: START_RATE,
      aim: { least: 0.95 },
    },
    // A second's worth may begin at once after a quiet time, and a second of the clock may hold the ends of two of its own.
    {
      measure: `${measure}: the most within a second`,
      unit: '',
      product: pace.most,
      baseline,
      reference: START_RATE,
      aim: { ratio: 2.1 },
    },
    {
      measure: `${measure}: memory in the last third of their work`,
      unit: 'MB',
      product: median(held.slice(-third)),
      baseline: 'in the first third',
      reference: median(held.slice(0, third)),
      aim: { ratio: 1.1 },
    },
  ];
}

/** So long the queue alone takes for as many messages. */
async function sendAll(url: string): Promise<number> {
  const { PgBoss } = require('pg-boss') as typeof import('pg-boss');
  const boss = new PgBoss({ connectionString: url, schema: 'bench', supervise: false, schedule: false });
  await boss.start();
  try {
    await boss.createQueue('bench');
    const ids = Array.from({ length: MACHINES }, (_none, index) => ({ data: { jobId: `job ${String(index)}` } }));
    const started = performance.now();
    for (let at = 0; at < ids.length; at += 500) await boss.insert('bench', ids.slice(at, at + 500));
    return (performance.now() - started) / 1000;
  } finally {
    await boss.stop({ graceful: false });
  }
}

const PACE = `
  SELECT extract(epoch FROM max(started_at) - min(started_at))::float8 AS seconds,
    (SELECT max(n)::integer FROM (SELECT count(*) AS n FROM jobs GROUP BY date_trunc('second', started_at)) AS each) AS most,
    (SELECT count(*)::integer FROM schedule_occurrences WHERE status IN ('queued', 'running')) AS open
  FROM jobs`;
