/** A pg client. */
export interface SqlClient {
  query(sql: string, params?: unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

export interface GrownChanges {
  /** Runs that only read, per machine, spread evenly over the year before `until`. */
  readonly analysesPerMachine: number;
  /** Plans per machine; of five, three were carried out. */
  readonly changesPerMachine: number;
  readonly packagesPerChange: number;
  /** At most 200, spread over two years. */
  readonly messagesPerMachine: number;
  readonly until: Date;
  /** A real plan, kept with every request. */
  readonly plan: object;
}

/**
 * Gives the machines of a database a year of runs, plans, changes and messages, set-wise and as the product writes them. The
 * partitions must be there.
 */
export function growChanges(sql: SqlClient, changes: GrownChanges): Promise<void>;
