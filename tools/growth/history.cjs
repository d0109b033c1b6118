'use strict';

/** A UUID version 7 of a moment. PostgreSQL has its own from version 18 on only. */
const ID_AT = `
  CREATE OR REPLACE FUNCTION pg_temp.id_at(at timestamptz) RETURNS uuid LANGUAGE sql AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
      substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
  $$`;

const MACHINES = `
  INSERT INTO machines (id, name, hostname, os_family, os_version, machine_kind, username, status, created_at, updated_at)
  SELECT pg_temp.id_at($2::timestamptz - interval '366 days' + i * interval '1 millisecond'), 'grown-' || i, 'host-' || i || '.example',
         'debian', '12', 'vm', 'root', 'active', $2, $2
    FROM generate_series(1, $1::int) AS i`;

/** The n-th snapshot of a machine is whole when n is 0, 5, 10 …; the others name the last whole one before them. */
const SNAPSHOTS = `
  INSERT INTO snapshots (id, machine_id, kind, created_at, status, payload_json, important_json, content_sha256)
  SELECT pg_temp.id_at(at), id, 'apt_update_analyze', at, 'ok', $3::jsonb, '{}', repeat('0', 64)
    FROM (SELECT m.id, $1::timestamptz - interval '365 days' * (1 - n::float8 / $2::int) AS at
            FROM machines m, generate_series(0, $2::int - 1, 5) AS n) AS whole`;

const SHARED = `
  INSERT INTO snapshots (id, machine_id, kind, created_at, status, payload_json, important_json, content_sha256, content_snapshot_id)
  SELECT pg_temp.id_at(at), machine_id, kind, at, 'ok',
         jsonb_build_object('schema_version', 1, 'operations', jsonb_build_array(
           jsonb_build_object('op', 'replace', 'path', '/measured_at', 'value', at),
           jsonb_build_object('op', 'replace', 'path', '/index/age_seconds', 'value', later))),
         '{"schema_version": 1, "operations": []}', content_sha256, id
    FROM (SELECT s.*, later, s.created_at + interval '365 days' * later / $1::int AS at
            FROM snapshots s, generate_series(1, 4) AS later) AS sharing`;

const PACKAGES = `
  INSERT INTO apt_planned_packages (id, snapshot_id, machine_id, mode, name, arch, current_version, target_version, origin,
                                    operation, is_security, dedup_key)
  SELECT pg_temp.id_at(s.created_at), s.id, s.machine_id, 'dist_upgrade', 'package-' || i, 'amd64', '1.' || i || '-1+deb12u1',
         '1.' || i || '-1+deb12u2', 'Debian-Security', 'upgrade', i % 3 = 0,
         'upgrade|package-' || i || '|amd64|1.' || i || '-1+deb12u1|1.' || i || '-1+deb12u2'
    FROM snapshots s, generate_series(1, $1::int) AS i WHERE s.content_snapshot_id IS NULL`;

const EVENTS = `
  INSERT INTO machine_events (id, machine_id, event_type, severity, created_at, actor_type, message, payload_json)
  SELECT pg_temp.id_at(at), id, (ARRAY['job_ended', 'machine_changed', 'host_key_approved'])[1 + n % 3], 'info', at, 'system',
         'Analyse updates: 12 updates, 3 security.', jsonb_build_object('n', n)
    FROM (SELECT m.id, n, $1::timestamptz - interval '365 days' * (1 - n::float8 / $2::int) AS at
            FROM machines m, generate_series(0, $2::int - 1) AS n) AS happened`;

const HISTORY = ['machines', 'snapshots', 'apt_planned_packages', 'machine_events'];

exports.ID_AT = ID_AT;

exports.growHistory = async (sql, history) => {
  const { machines, snapshotsPerMachine, packagesPerSnapshot, eventsPerMachine, until, document } = history;
  await sql.query(ID_AT);
  await sql.query(MACHINES, [machines, until]);
  await sql.query(SNAPSHOTS, [until, snapshotsPerMachine, JSON.stringify(document)]);
  await sql.query(SHARED, [snapshotsPerMachine]);
  await sql.query(PACKAGES, [packagesPerSnapshot]);
  await sql.query(EVENTS, [until, eventsPerMachine]);
  for (const table of HISTORY) await sql.query(`VACUUM (ANALYZE) ${table}`);
};
