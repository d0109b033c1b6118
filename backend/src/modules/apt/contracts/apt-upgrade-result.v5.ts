import type { Contract } from '../../../kernel/contracts/contract';
import {
  count,
  document,
  flag,
  flagOrNull,
  list,
  nullable,
  nullableList,
  object,
  text,
  textOrNull,
  time,
  words,
  type Properties,
} from '../../../kernel/contracts/schemas';
import { APT_APPLIED_OPERATIONS, type AptAppliedOperation } from '../entities/apt.values';
import { PACKAGE_STATES, type PackageState } from '../parsers/dpkg';
import { HISTORY_OPERATIONS, type HistoryOperation } from '../parsers/package-history';
import { APT_ERROR_KINDS } from './apt-error-kinds';
import type { AptError } from './apt-update-analyze.v1';
import { AUTO_MARKS, withoutAutoMarks, type AutoMarks } from './auto-marks';
import { CONFFILE_QUESTIONS, PACKAGE_NEWS, type ArchiveFacts } from './archive-facts';
import { RUN_REBOOT, type RunReboot } from './run-reboot';

/** One package as it was before and after the run, beside what was planned for it. */
export interface AppliedPackage {
  readonly name: string;
  readonly arch: string;
  readonly operation: AptAppliedOperation;
  readonly from_version: string | null;
  readonly to_version: string | null;
  readonly origin: string | null;
  readonly planned: boolean;
  /** What was planned is what is there now, and dpkg has finished with it. */
  readonly as_planned: boolean;
  /** dpkg's word for it after the run. Null: it is not there, or its state was not kept. */
  readonly state: PackageState | null;
}

export interface AppliedCounts {
  readonly upgraded: number;
  readonly installed: number;
  readonly removed: number;
  readonly downgraded: number;
  /** Planned, but untouched. */
  readonly unchanged: number;
  readonly planned: number;
  readonly as_planned: number;
  /** Changed without being planned. */
  readonly unplanned: number;
}

/** What a new version of a configuration file would change, as `diff -u` says it. */
export interface ConffileChange {
  /** Of the new file, which lies beside the kept one. */
  readonly path: string;
  /** Null: not everybody on the machine may read it. */
  readonly difference: readonly string[] | null;
  /** It goes on after these lines. */
  readonly cut: boolean;
}

/** What somebody else changed while the run was at work, by the machine's own logs. */
export interface OthersChange {
  readonly name: string;
  readonly arch: string;
  readonly operation: HistoryOperation;
  readonly from_version: string | null;
  readonly to_version: string | null;
  readonly at: string;
  readonly source: 'apt' | 'dpkg';
  /** A program or a person; `root` where nobody is named. */
  readonly actor: string;
  readonly command: string | null;
}

/**
 * `nothing_done`: the run ended before it changed anything. `cut_off`: it was cut off. `not_kept`: it did not keep it.
 * `not_there`: this machine has nothing that tells it. `failed`: what tells it failed. `unreadable`: what it said cannot be
 * read, or does not tell. `older`: the result is older than this reason.
 */
export const UNMEASURED_REASONS = [
  'nothing_done',
  'cut_off',
  'not_kept',
  'not_there',
  'failed',
  'unreadable',
  'older',
] as const;
export type UnmeasuredReason = (typeof UNMEASURED_REASONS)[number];

export interface Unmeasured {
  /** The field that is null. */
  readonly fact: string;
  readonly reason: UnmeasuredReason;
}

/** What every run that changes packages proves. Null: not measured. */
export interface AptRunResult {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  readonly exit_code: number | null;
  readonly rebooted: boolean;
  readonly packages: readonly AppliedPackage[] | null;
  readonly counts: AppliedCounts | null;
  /** Left to them: nothing of it stands in `packages`. Null: the machine's logs could not tell. */
  readonly changed_by_others: readonly OthersChange[] | null;
  readonly errors: readonly AptError[];
  /** Paths of new versions of configuration files that were laid beside the kept ones. */
  readonly conffiles: readonly string[] | null;
  readonly failed_units: { readonly before: readonly string[]; readonly after: readonly string[] } | null;
  /** `tcp 0.0.0.0:22`; what listens no more, and what does only now. */
  readonly ports: { readonly gone: readonly string[]; readonly opened: readonly string[] } | null;
  /** What `dpkg --audit` says; empty: all is whole. */
  readonly audit: readonly string[] | null;
  /** A package asked for a restart. That none did proves nothing. */
  readonly reboot_flag: boolean | null;
  readonly reboot?: RunReboot;
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
  /** Why each thing is null that was to be measured. */
  readonly not_measured: readonly Unmeasured[];
}

/** `apt_upgrade_result`, version 5. Null: not measured. */
export interface AptUpgradeResult extends AptRunResult, ArchiveFacts {
  readonly conffile_changes: readonly ConffileChange[] | null;
  readonly auto_marks: AutoMarks | null;
}

const counts = {
  upgraded: count,
  installed: count,
  removed: count,
  downgraded: count,
  unchanged: count,
  planned: count,
  as_planned: count,
  unplanned: count,
};
const countsOrNull = { anyOf: [object(counts), { type: 'null' }] };
const endings = words(['ended', 'interrupted', 'drifted', 'stopped']);
const orNull = (schema: object): Record<string, unknown> => ({ anyOf: [schema, { type: 'null' }] });

const FIRST_APPLIED_FIELDS: Properties = {
  name: text,
  arch: text,
  operation: words(APT_APPLIED_OPERATIONS),
  from_version: textOrNull,
  to_version: textOrNull,
  origin: textOrNull,
  planned: flag,
  as_planned: flag,
};

/** As results had them that did not keep the state of each package. */
export const FIRST_RUN_RESULT_FIELDS: Properties = {
  ending: endings,
  exit_code: { type: ['integer', 'null'] },
  rebooted: flag,
  packages: nullableList(object(FIRST_APPLIED_FIELDS)),
  counts: countsOrNull,
  errors: list(
    object({
      kind: words(APT_ERROR_KINDS),
      severity: words(['warning', 'error']),
      message: text,
      important_lines: list(text),
      remediation: text,
      subject: textOrNull,
    }),
  ),
  conffiles: nullableList(text),
  failed_units: orNull(object({ before: list(text), after: list(text) })),
  ports: orNull(object({ gone: list(text), opened: list(text) })),
  audit: nullableList({ type: 'string' }),
  reboot_flag: flagOrNull,
  drift: orNull(object({ missing: list(text), added: list(text) })),
};

/** As results had them that did not tell apart what others had changed, nor why something was not measured. */
export const SECOND_RUN_RESULT_FIELDS: Properties = {
  ...FIRST_RUN_RESULT_FIELDS,
  packages: nullableList(object({ ...FIRST_APPLIED_FIELDS, state: nullable(words(PACKAGE_STATES)) })),
};

/** What every run of apt that changes packages proves, whatever it was to do. */
export const RUN_RESULT_FIELDS: Properties = {
  ...SECOND_RUN_RESULT_FIELDS,
  changed_by_others: nullableList(
    object({
      name: text,
      arch: text,
      operation: words(HISTORY_OPERATIONS),
      from_version: textOrNull,
      to_version: textOrNull,
      at: time,
      source: words(['apt', 'dpkg']),
      actor: text,
      command: textOrNull,
    }),
  ),
  not_measured: list(object({ fact: text, reason: words(UNMEASURED_REASONS) })),
};

/** Where they hold sentences of ours. */
export const RUN_SENTENCES = ['errors.*.message', 'errors.*.remediation', 'reboot.reasons.*.detail'];

/** From a result that did not keep the state of each package: nobody knows it any more. */
export function withoutStates(result: Record<string, unknown>): Record<string, unknown> {
  const packages = result['packages'] as readonly object[] | null;
  return { ...result, packages: packages?.map((entry) => ({ ...entry, state: null })) ?? null };
}

/** Of each field of a run that may be null for want of a measurement. */
const MEASURED = [
  'packages',
  'conffiles',
  'failed_units',
  'ports',
  'audit',
  'reboot_flag',
  'conffile_questions',
  'news',
  'conffile_changes',
];

/** From a result that did not tell apart what others had changed: nobody knows it any more. */
export function withoutOthersChanges(result: Record<string, unknown>): Record<string, unknown> {
  const missing = [...MEASURED.filter((fact) => result[fact] === null), 'changed_by_others'];
  return { ...result, changed_by_others: null, not_measured: missing.map((fact) => ({ fact, reason: 'older' })) };
}

const ARCHIVE_FIELDS: Properties = {
  conffile_questions: CONFFILE_QUESTIONS,
  news: PACKAGE_NEWS,
  conffile_changes: nullableList(object({ path: text, difference: nullableList({ type: 'string' }), cut: flag })),
};

export const APT_UPGRADE_RESULT: Contract = {
  name: 'apt_upgrade_result',
  title: 'Result of an apt upgrade',
  description:
    'What a run of `apt_upgrade` really changed: every package before and after beside the plan, what went wrong with its ' +
    'class, and what else is different on the machine.',
  columns: ['executions.result_json'],
  sentences: RUN_SENTENCES,
  versions: {
    1: {
      body: document(1, FIRST_RUN_RESULT_FIELDS),
      upcast: (result) => ({ ...result, conffile_questions: null, news: null, conffile_changes: null }),
    },
    2: { body: document(2, { ...FIRST_RUN_RESULT_FIELDS, ...ARCHIVE_FIELDS }), upcast: withoutStates },
    3: { body: document(3, { ...SECOND_RUN_RESULT_FIELDS, ...ARCHIVE_FIELDS }), upcast: withoutAutoMarks },
    4: {
      body: document(4, { ...SECOND_RUN_RESULT_FIELDS, ...ARCHIVE_FIELDS, ...AUTO_MARKS }),
      upcast: withoutOthersChanges,
    },
    5: { body: document(5, { ...RUN_RESULT_FIELDS, ...ARCHIVE_FIELDS, ...AUTO_MARKS }, RUN_REBOOT) },
  },
};

/** The same in short. */
export const RUN_IMPORTANT_FIELDS: Properties = {
  ending: endings,
  counts: countsOrNull,
  errors: list(object({ kind: words(APT_ERROR_KINDS), message: text, subject: textOrNull })),
  conffiles: nullableList(text),
  failed_units: nullableList(text),
  reboot_flag: flagOrNull,
};

export const APT_UPGRADE_RESULT_IMPORTANT: Contract = {
  name: 'apt_upgrade_result.important',
  title: 'Result of an apt upgrade, in short',
  description: 'What lists and reports show of a run of `apt_upgrade`.',
  columns: ['executions.important_json'],
  versions: {
    1: {
      body: document(1, {
        ...RUN_IMPORTANT_FIELDS,
      }),
    },
  },
};

/** The same facts as `executions.important_json` keeps them. */
export function importantUpgrade(result: AptRunResult): object {
  const { ending, errors, conffiles, failed_units, reboot_flag } = result;
  const before = new Set(failed_units?.before ?? []);
  return {
    ending,
    counts: result.counts,
    errors: errors.map(({ kind, message, subject }) => ({ kind, message, subject })),
    conffiles,
    failed_units: failed_units?.after.filter((unit) => !before.has(unit)) ?? null,
    reboot_flag,
  };
}
