import type { DataSource } from 'typeorm';

export interface Recorded {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface QueryPlan {
  /** Tables with rows that were read from end to end. */
  readonly scanned: string[];
  /** Every table and index that the plan names. */
  readonly relations: string[];
  /** Blocks touched, in the cache or not: what a query costs whatever else the box does. */
  readonly blocks: number;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}

/**
 * The statements that the product runs during `work`, as they reach the database.
 * @param told hears of each
 */
export async function recordStatements(
  source: DataSource,
  work: () => Promise<unknown>,
  told?: (sql: string) => void,
): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  const { logger } = source;
  source.logger = Object.assign(Object.create(logger) as typeof logger, {
    logQuery: (sql: string, params?: unknown[]) => {
      recorded.push({ sql, params: params ?? [] });
      told?.(sql);
    },
  });
  try {
    await work();
  } finally {
    source.logger = logger;
  }
  return recorded;
}

/** Runs a statement under EXPLAIN. */
export async function explain(source: DataSource, { sql, params }: Recorded): Promise<QueryPlan> {
  const [row] = await source.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }[]>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
    [...params],
  );
  const root = row?.['QUERY PLAN'][0].Plan;
  if (root === undefined) throw new Error('No plan came back.');
  const nodes = flatten(root);
  return {
    scanned: nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .filter((node) => (node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0) > 0)
      .map((node) => node['Relation Name'] ?? ''),
    relations: [...new Set(nodes.flatMap((node) => node['Relation Name'] ?? []))],
    blocks: (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0),
  };
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
