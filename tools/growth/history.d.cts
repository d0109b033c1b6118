/** Anything that runs SQL: a pg client, or what wraps one. */
export interface SqlRunner {
  query(sql: string, params?: unknown[]): Promise<unknown>;
}

export interface GrownHistory {
  readonly machines: number;
  /** Snapshots per machine, spread evenly over the year before `until`; every fifth is whole, the others share its content. */
  readonly snapshotsPerMachine: number;
  /** Rows per whole snapshot. */
  readonly packagesPerSnapshot: number;
  readonly eventsPerMachine: number;
  readonly until: Date;
  /** A real document of an analysis, kept in every whole snapshot. */
  readonly document: object;
}

/**
 * Fills an empty, migrated database with a year of history, set-wise. The partitions must be there.
 * Everything is as the product writes it: ids of version 7 that begin with their time, documents of real size.
 */
export function growHistory(sql: SqlRunner, history: GrownHistory): Promise<void>;
