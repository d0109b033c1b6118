import { setTimeout as delay } from 'node:timers/promises';
import { query, type Database } from './database.mts';
import { median, type Comparison } from './measure.mts';

interface Analysis {
  readonly shares: boolean;
  readonly snapshot: string;
  readonly packages: string;
  readonly rest: string;
  readonly lines: string;
}

/**
 * What one analysis leaves in the database for as long as history is kept, in bytes of its rows without indexes: one whose
 * content is new, and one that says what the machine's last one said. Live log lines go after a month and stand apart.
 */
export async function compareBytes(database: Database): Promise<Comparison[]> {
  const analyses = await query<Analysis>(database, BYTES_OF_ANALYSES);
  const of = (shares: boolean): Analysis[] => analyses.filter((analysis) => analysis.shares === shares);
  if (of(true).length === 0 || of(false).length === 0)
    throw new Error('No machine was analysed twice: this step follows the one that analyses.');
  const typical = (shares: boolean, bytes: (analysis: Analysis) => number): number => median(of(shares).map(bytes));
  const kept = ({ snapshot, packages, rest }: Analysis): number => Number(snapshot) + Number(packages) + Number(rest);
  return [
    {
      measure: 'rows that an unchanged analysis leaves: median',
      unit: 'bytes',
      product: typical(true, kept),
      baseline: 'rows of an analysis with news',
      reference: typical(false, kept),
    },
    {
      measure: 'of these the document of an unchanged analysis: median',
      unit: 'bytes',
      product: typical(true, ({ snapshot }) => Number(snapshot)),
      baseline: 'the document of one with news',
      reference: typical(false, ({ snapshot }) => Number(snapshot)),
    },
    {
      measure: 'live log of an unchanged analysis, kept a month: median',
      unit: 'bytes',
      product: typical(true, ({ lines }) => Number(lines)),
      baseline: 'of one with news',
      reference: typical(false, ({ lines }) => Number(lines)),
    },
  ];
}

const BYTES_OF_ANALYSES = `
  SELECT s.content_snapshot_id IS NOT NULL AS shares, pg_column_size(s.*) AS snapshot,
    (SELECT COALESCE(sum(pg_column_size(p.*)), 0) FROM apt_planned_packages p WHERE p.snapshot_id = s.id)
      + (SELECT COALESCE(sum(pg_column_size(e.*)), 0) FROM apt_errors e WHERE e.snapshot_id = s.id) AS packages,
    pg_column_size(j.*)
      + (SELECT COALESCE(sum(pg_column_size(v.*)), 0) FROM machine_events v WHERE v.job_id = j.id) AS rest,
    (SELECT COALESCE(sum(pg_column_size(l.*)), 0) FROM job_log_chunks l WHERE l.job_id = j.id) AS lines
  FROM snapshots s JOIN jobs j ON j.id = s.source_job_id
  WHERE s.kind = 'apt_update_analyze'`;

interface Change {
  readonly packages: string;
  readonly plan: string;
  readonly lines: string;
  readonly run: string;
  readonly text: string;
  readonly log: string;
  readonly reports: string;
}

/**
 * What one upgrade leaves for good, or as long as its files say: in bytes of rows without indexes, and of files on the disk.
 * @param many how many packages the plan has that nobody confirmed
 */
export async function compareChangeBytes(database: Database, many: number): Promise<Comparison[]> {
  await sealed(database);
  const changes = await query<Change>(database, BYTES_OF_CHANGES);
  const [large] = await query<{ plan: string }>(database, BYTES_OF_PLAN, [many]);
  if (changes.length === 0 || large === undefined) throw new Error('Nothing was upgraded, or nothing large planned.');
  const typical = (bytes: (change: Change) => number): number => median(changes.map(bytes));
  const packages = typical((change) => Number(change.packages));
  return [
    {
      measure: `rows that an upgrade of ${String(packages)} packages leaves, with its plan and both jobs: median`,
      unit: 'bytes',
      product: typical(({ plan, run }) => Number(plan) + Number(run)),
      baseline: 'of these the plan with its job',
      reference: typical(({ plan }) => Number(plan)),
    },
    {
      measure: `a plan, for each of ${String(many)} packages`,
      unit: 'bytes',
      product: Number(large.plan) / many,
      baseline: `for each of ${String(packages)}`,
      reference: typical(({ lines }) => Number(lines)) / packages,
    },
    {
      measure: 'sealed log of an upgrade: median',
      unit: 'bytes',
      product: typical(({ log }) => Number(log)),
      baseline: 'its text',
      reference: typical(({ text }) => Number(text)),
    },
    {
      measure: 'reports of an upgrade, both forms: median',
      unit: 'bytes',
      product: typical(({ reports }) => Number(reports)),
      baseline: 'its sealed log',
      reference: typical(({ log }) => Number(log)),
    },
  ];
}

/** A log is sealed and reported of after the transaction that ends its run. */
async function sealed(database: Database): Promise<void> {
  const unreported = `SELECT id FROM executions WHERE mode <> 'external' AND report_id IS NULL`;
  for (const deadline = Date.now() + 60_000; (await query(database, unreported)).length > 0; await delay(100)) {
    if (Date.now() > deadline) throw new Error('A log was not sealed, or its report not written.');
  }
}

/** A request with what hangs on it. */
const REQUEST = `pg_column_size(r.*)
  + (SELECT sum(pg_column_size(t.*)) FROM action_request_targets t WHERE t.request_id = r.id)`;

/** A job with its events; its live log goes after a month and is counted elsewhere. */
const job = (id: string): string => `(SELECT pg_column_size(j.*)
    + (SELECT COALESCE(sum(pg_column_size(v.*)), 0) FROM machine_events v WHERE v.job_id = j.id)
  FROM jobs j WHERE j.id = ${id})`;

const BYTES_OF_CHANGES = `
  SELECT (SELECT count(*) FROM apt_applied_packages p WHERE p.execution_id = e.id) AS packages, ${REQUEST} AS lines,
    ${REQUEST} + ${job('planning.id')} AS plan,
    pg_column_size(e.*) + pg_column_size(a.*) + pg_column_size(w.*) + ${job('e.job_id')}
      + (SELECT COALESCE(sum(pg_column_size(p.*)), 0) FROM apt_applied_packages p WHERE p.execution_id = e.id)
      + (SELECT COALESCE(sum(pg_column_size(m.*)), 0) FROM important_messages m WHERE m.execution_id = e.id) AS run,
    a.metadata_json ->> 'bytes' AS text, a.bytes AS log,
    (w.summary_json #>> '{markdown,bytes}')::bigint + (w.summary_json #>> '{html,bytes}')::bigint AS reports
  FROM executions e
  JOIN action_requests r ON r.id = e.request_id
  JOIN jobs planning ON planning.request_id = r.id AND planning.id <> e.job_id
  JOIN raw_artifacts a ON a.id = e.raw_artifact_id
  JOIN reports w ON w.id = e.report_id
  WHERE e.action = 'apt_upgrade'`;

const BYTES_OF_PLAN = `
  SELECT ${REQUEST} AS plan FROM action_requests r JOIN action_request_targets t ON t.request_id = r.id
   WHERE r.status = 'pending' AND jsonb_array_length(t.plan_json -> 'lines') >= $1 LIMIT 1`;
