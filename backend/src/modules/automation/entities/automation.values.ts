/** The closed lists of these tables, as their CHECK constraints have them. */

/** What becomes of due times that nobody was there for: none runs, the newest runs late, or it does while its window is open. */
export const MISSED_RUNS = ['skip', 'run_once', 'window'] as const;
export type MissedRuns = (typeof MISSED_RUNS)[number];

export const OCCURRENCE_TRIGGERS = ['schedule', 'person'] as const;
export type OccurrenceTrigger = (typeof OCCURRENCE_TRIGGERS)[number];

export const OCCURRENCE_STATUSES = ['queued', 'running', 'ok', 'warning', 'error', 'cancelled'] as const;
export type OccurrenceStatus = (typeof OCCURRENCE_STATUSES)[number];

/** Of the statuses those that end, the worst last. */
export const FINAL_STATUSES = ['ok', 'warning', 'error', 'cancelled'] as const satisfies readonly OccurrenceStatus[];
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** What a person did by which a run was ended before its time. */
export const CANCEL_CAUSES = ['disabled', 'removed'] as const;
export type CancelCause = (typeof CANCEL_CAUSES)[number];

/** Of a change: its plan is made, what it needs is fetched before its window opens, or it is carried out. */
export const TARGET_STAGES = ['plan', 'download', 'run'] as const;
export type TargetStage = (typeof TARGET_STAGES)[number];
