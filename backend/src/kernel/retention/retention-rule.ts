import { SetMetadata } from '@nestjs/common';

/** How many rows went, by table; a dropped partition counts as one of `<table>_partitions`. */
export type RemovedCounts = Readonly<Record<string, number>>;

/** What a room forgets, and when. Found by itself; see {@link RetentionRule}. */
export interface Retention {
  /** snake_case, unique: `machine_events`. */
  readonly name: string;
  /** One sentence for people: what goes, and what stays whatever its age. */
  readonly description: string;
  /**
   * How many days are kept when nobody says otherwise; whole months go. Absent: as long as what it is derived from, or,
   * of a rule that is derived from nothing, as long as its rows say themselves; then it is told the present time.
   */
  readonly defaultDays?: number;
  /** Name of the rule for the rows that these hang on: it runs later, and these never outlive those. */
  readonly derivedFrom?: string;
  /**
   * Removes what is older, in bounded steps that each commit by themselves, so that it may be stopped at any point.
   * @param signal ends it after the present step
   */
  purge(before: Date, signal: AbortSignal): Promise<RemovedCounts>;
}

/** Metadata key of a provider that is a {@link Retention}. */
export const RETENTION_RULE = 'system_update:retention_rule';

/** Marks a provider that implements {@link Retention}. */
export const RetentionRule = (): ClassDecorator => SetMetadata(RETENTION_RULE, true);
