'use strict';

const { ID_AT } = require('./history.cjs');

/** Every run of a year: the analyses that `jobs` remembers. */
const ANALYSES = `
  INSERT INTO jobs (id, kind, machine_id, status, created_at, started_at, finished_at, requested_by_type, requested_by_name)
  SELECT pg_temp.id_at(at), 'apt_update_analyze', id, 'ok', at, at, at + interval '4 seconds', 'user', 'Ada'
    FROM (SELECT m.id, $1::timestamptz - interval '365 days' * (1 - n::float8 / $2::int) AS at
            FROM machines m, generate_series(0, $2::int - 1) AS n) AS analysed`;

/** Of five plans one was rejected and one ran out of time; the newest of each twentieth machine waits. */
const REQUESTS = `
  INSERT INTO action_requests (id, machine_id, requested_by_type, requested_by_name, action, risk, status, summary, plan_digest,
                               created_at, expires_at, approved_at, approved_by, execution_id)
  SELECT id, machine_id, 'user', 'Ada', 'apt_upgrade', 'medium', status, 'Update 25 packages.', repeat('0', 64),
         at, at + interval '1 day', CASE WHEN status = 'executed' THEN at END, CASE WHEN status = 'executed' THEN 'Ada' END,
         CASE WHEN status = 'executed' THEN pg_temp.id_at(at + interval '1 minute') END
    FROM (SELECT pg_temp.id_at(at) AS id, machine_id, at,
                 CASE WHEN n = $2::int - 1 AND nth % 20 = 0 THEN 'pending' WHEN n % 5 = 3 THEN 'rejected' WHEN n % 5 = 4 THEN 'expired'
                      ELSE 'executed' END AS status
            FROM (SELECT m.id AS machine_id, row_number() OVER (ORDER BY m.id) AS nth FROM machines m) AS machine,
                 generate_series(0, $2::int - 1) AS n,
                 LATERAL (SELECT $1::timestamptz - interval '365 days' * (1 - (n + nth::float8 / $3::int) / $2::int) AS at) AS moment) AS planned`;

const TARGETS = `
  INSERT INTO action_request_targets (request_id, machine_id, status, plan_digest, plan_json, job_id, execution_id)
  SELECT id, machine_id, CASE status WHEN 'pending' THEN 'pending' WHEN 'executed' THEN 'executed' ELSE 'expired' END, plan_digest,
         $1::jsonb, execution_id, execution_id FROM action_requests`;

/** The planning, and the run where there was one, whose job and execution have the same id. */
const JOBS = `
  INSERT INTO jobs (id, kind, machine_id, request_id, status, created_at, started_at, finished_at, last_seq)
  SELECT pg_temp.id_at(created_at - interval '10 seconds'), 'apt_upgrade_plan', machine_id, id, 'ok', created_at, created_at, created_at, 3
    FROM action_requests
  UNION ALL
  SELECT execution_id, 'apt_upgrade', machine_id, id, 'ok', approved_at, approved_at, approved_at + interval '1 minute', 90
    FROM action_requests WHERE execution_id IS NOT NULL`;

const EXECUTIONS = `
  INSERT INTO executions (id, machine_id, action, mode, started_at, finished_at, status, request_id, job_id, raw_artifact_id, report_id)
  SELECT execution_id, machine_id, action, 'manual', approved_at, approved_at + interval '1 minute', 'ok', id, execution_id,
         pg_temp.id_at(approved_at), pg_temp.id_at(approved_at)
    FROM action_requests WHERE execution_id IS NOT NULL`;

const PACKAGES = `
  INSERT INTO apt_applied_packages (id, execution_id, machine_id, name, arch, from_version, to_version, operation, origin, dedup_key)
  SELECT pg_temp.id_at(e.started_at), e.id, e.machine_id, name, 'amd64', '1.7-1', '1.7-2', 'upgraded', 'Debian-Security',
         'upgraded|' || name || '|amd64|1.7-1|1.7-2'
    FROM executions e, generate_series(1, $1::int) AS i,
         LATERAL (SELECT 'package-' || (i * 31 + extract(day FROM e.started_at)::int * 7) % 400 AS name) AS named`;

/** What the rules have removed already has its time in the past too: a year holds mostly rows of files that are gone. */
const ARTIFACTS = `
  INSERT INTO raw_artifacts (id, machine_id, kind, path, bytes, sha256, created_at, expires_at, retention_policy, deleted_at, delete_reason)
  SELECT raw_artifact_id, machine_id, 'raw_log', 'runs/' || id || '.log.gz', 900, repeat('0', 64), finished_at, finished_at + interval '180 days',
         'default', CASE WHEN finished_at < $1::timestamptz - interval '181 days' THEN finished_at + interval '180 days' END,
         CASE WHEN finished_at < $1::timestamptz - interval '181 days' THEN 'expired' END
    FROM executions`;

const REPORTS = `
  INSERT INTO reports (id, machine_id, execution_id, kind, title, path, created_at)
  SELECT report_id, machine_id, id, 'machine', 'Update: a machine', 'reports/' || id || '.md.gz', finished_at FROM executions`;

/** The fleet says 200 different things; each machine said some of them, and most are acknowledged. */
const MESSAGES = `
  INSERT INTO important_messages (id, machine_id, source, category, severity, package_name, message, dedup_key, first_seen_at, last_seen_at,
                                  acknowledged, acknowledged_at, acknowledged_by)
  SELECT pg_temp.id_at(at), id, 'apt', (ARRAY['warning', 'deprecation', 'security_notice', 'repository_notice'])[1 + said % 4],
         (ARRAY['info', 'warning', 'error'])[1 + said % 3], 'package-' || said, 'The configuration of package-' || said || ' is old.',
         encode(sha256(('said ' || said)::bytea), 'hex'), at, at, acknowledged, CASE WHEN acknowledged THEN at END,
         CASE WHEN acknowledged THEN 'Ada' END
    FROM (SELECT m.id, (nth * 7 + n * 11) % 200 AS said, n % 10 <> 0 AS acknowledged,
                 $1::timestamptz - interval '700 days' * (1 - n::float8 / $2::int) AS at
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM machines) AS m, generate_series(0, $2::int - 1) AS n) AS told`;

const FILLED = [
  'jobs',
  'action_requests',
  'action_request_targets',
  'executions',
  'apt_applied_packages',
  'raw_artifacts',
  'reports',
  'important_messages',
];

exports.growChanges = async (sql, changes) => {
  const { analysesPerMachine, changesPerMachine, packagesPerChange, messagesPerMachine, until, plan } = changes;
  await sql.query(ID_AT);
  await sql.query(ANALYSES, [until, analysesPerMachine]);
  const { rows } = await sql.query('SELECT count(*)::int AS machines FROM machines');
  await sql.query(REQUESTS, [until, changesPerMachine, rows[0].machines]);
  await sql.query(TARGETS, [JSON.stringify(plan)]);
  await sql.query(JOBS);
  await sql.query(EXECUTIONS);
  await sql.query(PACKAGES, [packagesPerChange]);
  await sql.query(ARTIFACTS, [until]);
  await sql.query(REPORTS);
  await sql.query(MESSAGES, [until, messagesPerMachine]);
  for (const table of FILLED) await sql.query(`VACUUM (ANALYZE) ${table}`);
};
