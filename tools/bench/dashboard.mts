import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { query, withDatabase, type Database } from './database.mts';
import { median, type Comparison } from './measure.mts';
import type { Product } from './product.mts';

/** One page, filtered and sorted. The bare route has the same words, see list-route.mts. */
const PAGE = '/machines?sort=need&limit=200&status=active&state=security&state=updates&q=web';

/** Machines and their states, by two statements. */
async function seed(database: Database, machines: number): Promise<void> {
  await query(
    database,
    `INSERT INTO machines (id, name, hostname, os_family, os_version, os_codename, arch, machine_kind, username, status,
                           created_at, updated_at, last_seen_at)
     SELECT gen_random_uuid(), (ARRAY['web', 'mail', 'db'])[1 + i % 3] || '-' || i, 'host-' || i || '.bench.example',
            'debian', '12', 'bookworm', 'amd64', (ARRAY['vm', 'physical', 'lxc'])[1 + i % 3], 'root',
            CASE WHEN i % 10 = 0 THEN 'unreachable' ELSE 'active' END, now(), now(), now() - i * interval '1 second'
       FROM generate_series(1, $1::integer) AS i`,
    [machines],
  );
  await query(
    database,
    `INSERT INTO machine_state (machine_id, status, apt_status, apt_updates_count, apt_security_updates_count,
                                apt_upgrade_count, apt_last_analyze_at, needs_rank, underlying_needs_rank, updated_at)
     SELECT id, 'warning', 'security_updates', n % 90, n % 5, n % 80, now(), n % 10, n % 10, now()
       FROM (SELECT id, row_number() OVER (ORDER BY lower(name)) AS n FROM machines
              WHERE hostname LIKE '%.bench.example') AS seeded`,
  );
  await query(database, 'ANALYZE machines');
  await query(database, 'ANALYZE machine_state');
}

/** The list endpoint beside a bare Express route that serves the same statement as JSON; requests take turns. */
export async function compareDashboard(product: Product, machines: number, requests: number): Promise<Comparison[]> {
  await withDatabase(product.databaseUrl, (database) => seed(database, machines));
  const child = fork(path.join(import.meta.dirname, 'list-route.mts'), {
    env: { ...process.env, DATABASE_URL: product.databaseUrl, NODE_ENV: 'production' },
  });
  const ended = once(child, 'exit');
  try {
    const failed = ended.then(() => Promise.reject(new Error('The bare route ended by itself.')));
    const [origin] = (await Promise.race([once(child, 'message'), failed])) as [string];
    const times: { product: number[]; bare: number[] } = { product: [], bare: [] };
    const warmUp = Math.ceil(requests / 4);
    for (let count = 0; count < requests + warmUp; count += 1) {
      const ours = await timed(() => product.call('GET', PAGE));
      const bare = await timed(async () => (await fetch(`${origin}/`)).json());
      if (count < warmUp) continue;
      times.product.push(ours);
      times.bare.push(bare);
    }
    return [
      {
        measure: `list of ${String(machines)} machines, one page of 200, filtered, sorted: median`,
        unit: 'ms',
        product: median(times.product),
        baseline: 'same statement from a bare Express route',
        reference: median(times.bare),
        aim: { ratio: 1.5 },
      },
    ];
  } finally {
    if (child.connected) child.disconnect();
    await ended;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
