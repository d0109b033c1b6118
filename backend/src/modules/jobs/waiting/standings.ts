import type { DataSource, EntityManager } from 'typeorm';
import { prepared } from '../../../kernel/database/prepared';
import { queryOne } from '../../../kernel/database/rows';
import { requester } from '../job-record';
import { turnOf } from '../turns';
import type { FleetStanding, Standing } from './waiting';
import type { Actor } from '../../../kernel/auth/actor';

interface StandingRow {
  readonly position: number;
  readonly network_id: string | null;
  readonly before_id: string | null;
  readonly kind: string;
  /** As JSON has it. */
  readonly started_at: string | null;
  readonly requested_by_type: Actor['type'] | null;
  readonly requested_by_name: string | null;
  readonly lock_kind: string | null;
}

interface Row {
  readonly now: Date;
  readonly running: number;
  readonly concurrency: number | null;
  readonly start_rate: number | null;
  readonly paced: boolean;
  readonly unlooked: boolean;
  readonly networks: Readonly<Record<string, { name: string; limit: number; running: number }>>;
  /** By job. */
  readonly standings: Readonly<Record<string, StandingRow>>;
}

/** What waiting jobs meet: `standings` by job, each on its machine; `fleet` all of them. */
export interface Standings {
  readonly standings: ReadonlyMap<string, Standing>;
  readonly fleet: FleetStanding;
}

/** What these waiting jobs meet now. Jobs that do not wait any more have no standing. */
export async function standingsOf(
  connection: EntityManager | DataSource,
  jobIds: readonly string[],
): Promise<Standings> {
  const row = await queryOne<Row>(connection, STANDINGS, [jobIds]);
  if (row === null) throw new Error('the database did not tell how the fleet stands');
  const { start_rate: startRate, networks, standings, ...rest } = row;
  return {
    standings: new Map(Object.entries(standings).map(([jobId, standing]) => [jobId, toStanding(standing)])),
    fleet: { ...rest, startRate, networks: new Map(Object.entries(networks)) },
  };
}

function toStanding(row: StandingRow): Standing {
  const { position, network_id: networkId, before_id: id, kind, lock_kind: lockKind } = row;
  const startedAt = row.started_at === null ? null : new Date(row.started_at);
  const by = requester(row.requested_by_type, null, row.requested_by_name).name;
  const before = id === null ? null : { id, kind, startedAt, lockKind, requestedBy: by };
  return { position, networkId, before };
}

/**
 * One machine has one job at work or handed out at most, so that is what all others there wait for. One that waits for somebody to take
 * it over holds no place. Of the rate, the burst is a second's worth.
 */
const STANDINGS = prepared(`
  WITH asked AS (SELECT id, machine_id FROM jobs WHERE id = ANY($1::uuid[]) AND status = 'queued'),
  machine AS (SELECT DISTINCT machine_id FROM asked),
  line AS (
    SELECT j.id, row_number() OVER (PARTITION BY j.machine_id ORDER BY ${turnOf('j')}, j.id)::int AS position
    FROM jobs j JOIN machine USING (machine_id) WHERE j.status = 'queued'),
  busy AS (
    SELECT DISTINCT ON (j.machine_id) j.machine_id, j.id, j.kind, j.started_at, j.requested_by_type, j.requested_by_name, l.lock_kind
    FROM jobs j JOIN machine USING (machine_id) LEFT JOIN machine_locks l ON l.machine_id = j.machine_id AND l.job_id = j.id
    WHERE j.status = 'running' OR (j.status = 'queued' AND j.phase = 'dispatched')
    ORDER BY j.machine_id, j.status = 'running' DESC),
  standing AS (
    SELECT asked.id AS job_id, line.position, m.network_id, busy.id AS before_id, busy.kind, busy.started_at, busy.requested_by_type,
      busy.requested_by_name, busy.lock_kind
    FROM asked JOIN line ON line.id = asked.id JOIN machines m ON m.id = asked.machine_id
      LEFT JOIN busy ON busy.machine_id = asked.machine_id AND busy.id <> asked.id),
  running AS (
    SELECT m.network_id FROM jobs j JOIN machines m ON m.id = j.machine_id
    WHERE j.status = 'running' AND j.worker_id IS NOT NULL)
  SELECT database_now() AS now, (SELECT count(*)::int FROM running) AS running, p.fleet_concurrency AS concurrency,
    p.start_rate, p.looked_at IS NULL OR p.looked_at < database_now() - interval '1 minute' AS unlooked,
    p.start_rate IS NOT NULL
      AND p.paid_until + make_interval(secs => 1.0 / p.start_rate - 1) > database_now()
      AND p.paid_until < database_now() + interval '2 seconds' AS paced,
    (SELECT COALESCE(jsonb_object_agg(n.id, jsonb_build_object('name', n.name, 'limit', n.concurrency,
        'running', (SELECT count(*) FROM running r WHERE r.network_id = n.id))), '{}')
      FROM networks n) AS networks,
    (SELECT COALESCE(jsonb_object_agg(s.job_id, to_jsonb(s)), '{}') FROM standing s) AS standings
  FROM work_pace p`);
