import type { Contract } from '../../kernel/contracts/contract';
import { count, document, list, mapOf, object, openWord, textOrNull, time } from '../../kernel/contracts/schemas';

export interface DeletedCounts {
  readonly counts: Readonly<Record<string, number>>;
}

export interface CleanupResult {
  readonly rules: readonly {
    readonly rule: string;
    readonly before: string;
    readonly removed: Readonly<Record<string, number>>;
    readonly error: string | null;
  }[];
}

export const DELETED_COUNTS: Contract = {
  name: 'cleanup_run.deleted_counts',
  title: 'What a run of the retention rules removed',
  description:
    'Rows by table, and files as `unfinished_files`; a dropped partition counts as one of `<table>_partitions`, a row that was kept by moving it as one of `<table>_carried_over`. The settings page reads it.',
  columns: ['cleanup_runs.deleted_counts_json'],
  versions: { 1: { body: document(1, { counts: mapOf(count) }) } },
};

export const CLEANUP_RESULT: Contract = {
  name: 'cleanup_run.result',
  title: 'A run of the retention rules, by rule',
  description:
    'In the order in which they ran: what each was told to remove (everything before a time), what it removed, and why it failed if it did.',
  columns: ['cleanup_runs.result_json'],
  versions: {
    1: {
      body: document(1, {
        rules: list(object({ rule: openWord, before: time, removed: mapOf(count), error: textOrNull })),
      }),
    },
  },
};

export const MAINTENANCE_CONTRACTS = [DELETED_COUNTS, CLEANUP_RESULT];
