import type { Contract } from '../../../kernel/contracts/contract';
import {
  count,
  countOrNull,
  document,
  flag,
  flagOrNull,
  list,
  nullable,
  nullableList,
  object,
  text,
  textOrNull,
  words,
  type Properties,
  type Schema,
} from '../../../kernel/contracts/schemas';
import type { ChangeOperation, PlanName } from './apt-update-analyze.v1';
import { CONFFILE_QUESTIONS, PACKAGE_NEWS, type ArchiveFacts } from './archive-facts';

export const APT_UPGRADE_SCOPES = ['all', 'security', 'packages'] as const;
export type AptUpgradeScope = (typeof APT_UPGRADE_SCOPES)[number];

/** One effect on one package. */
export interface UpgradePackage {
  /** Of the plan that is confirmed, as the machine made it. */
  readonly line: string;
  readonly operation: ChangeOperation;
  readonly name: string;
  /** Null: apt does not print it for removals. */
  readonly arch: string | null;
  readonly from_version: string | null;
  readonly to_version: string | null;
  /** As the simulation prints it: `Label:Version/Suite`, several with commas. Null for removals. */
  readonly origin: string | null;
  readonly security: boolean | null;
  readonly source: string | null;
  readonly download_bytes: number | null;
  /** Growth of the disk (negative: shrinks). */
  readonly disk_bytes: number | null;
  /** Whether a repository still offers the installed version; null: there is none, or it was not found out. */
  readonly rollback: boolean | null;
}

export interface UpgradeLeftBack {
  readonly name: string;
  readonly arch: string;
  readonly installed_version: string;
  readonly available_version: string;
  readonly security: boolean | null;
  readonly reason: string;
  readonly detail: string;
}

export interface UpgradeModeCounts {
  readonly upgraded: number;
  readonly installed: number;
  readonly removed: number;
  readonly downgraded: number;
  readonly security: number | null;
  readonly left_back: number | null;
}

/** One file system that the run writes to, or that kernels stand on. */
export interface UpgradeFileSystem {
  readonly mount: string;
  readonly size_bytes: number;
  readonly available_bytes: number;
  /** What the run needs there, downloads included. Null: the size of a package is not known. */
  readonly needed_bytes: number | null;
  readonly inodes: number | null;
  readonly inodes_free: number | null;
}

/** `apt_upgrade_plan`, version 2. */
export interface AptUpgradePlan extends ArchiveFacts {
  readonly mode: PlanName;
  readonly scope: AptUpgradeScope;
  readonly packages: readonly UpgradePackage[];
  /** What this mode leaves at its version, each with its reason. Null: not measured. */
  readonly left_back: readonly UpgradeLeftBack[] | null;
  /** What each mode would do with everything. Null: not measured. */
  readonly modes: Readonly<Record<PlanName, UpgradeModeCounts | null>>;
  readonly download_bytes: number | null;
  readonly disk_bytes: number | null;
  /** Null: not measured. */
  readonly file_systems: readonly UpgradeFileSystem[] | null;
  readonly reboot: { readonly expected: boolean | null; readonly reasons: readonly string[] };
  /** Units of systemd that run files of these packages: restarted by them, or to be restarted after. Null: not measured. */
  readonly services: readonly string[] | null;
  /** Everything that the run needs has been fetched already; null: not found out. */
  readonly downloaded: boolean | null;
  readonly index: {
    readonly basis: string;
    readonly age_seconds: number | null;
    readonly last_success_at: string | null;
  };
  /** The run refuses to remove anything: the plan has no removals. */
  readonly no_remove: boolean;
}

const bytes = { type: ['integer', 'null'] } as const;
const modes: readonly PlanName[] = ['upgrade', 'upgrade_with_new', 'dist_upgrade'];
const operations: readonly ChangeOperation[] = ['upgrade', 'install', 'remove', 'downgrade'];

/** One effect of a plan on one package. */
export const PLANNED_PACKAGE: Schema = object({
  line: text,
  operation: words(operations),
  name: text,
  arch: textOrNull,
  from_version: textOrNull,
  to_version: textOrNull,
  origin: textOrNull,
  security: flagOrNull,
  source: textOrNull,
  download_bytes: countOrNull,
  disk_bytes: bytes,
  rollback: flagOrNull,
});

const modeCounts = nullable(
  object({
    upgraded: count,
    installed: count,
    removed: count,
    downgraded: count,
    security: countOrNull,
    left_back: countOrNull,
  }),
);

const fields = (conffile_questions: Schema): Properties => ({
  mode: words(modes),
  scope: words(APT_UPGRADE_SCOPES),
  packages: list(PLANNED_PACKAGE),
  left_back: nullableList(
    object({
      name: text,
      arch: text,
      installed_version: text,
      available_version: text,
      security: flagOrNull,
      reason: text,
      detail: text,
    }),
  ),
  modes: object({ upgrade: modeCounts, upgrade_with_new: modeCounts, dist_upgrade: modeCounts }),
  download_bytes: countOrNull,
  disk_bytes: bytes,
  file_systems: nullableList(
    object({
      mount: text,
      size_bytes: count,
      available_bytes: { type: 'integer' },
      needed_bytes: countOrNull,
      inodes: countOrNull,
      inodes_free: countOrNull,
    }),
  ),
  reboot: object({ expected: flagOrNull, reasons: list(text) }),
  services: nullableList(text),
  conffile_questions,
  index: object({ basis: text, age_seconds: countOrNull, last_success_at: textOrNull }),
  no_remove: flag,
});

export const APT_UPGRADE_PLAN: Contract = {
  name: 'apt_upgrade_plan',
  title: 'Plan of an apt upgrade',
  description:
    'The details of an `action_plan` of the action `apt_upgrade`: each package with what would happen to it, what stays ' +
    'back and why, and what the run needs and leads to. Sizes are bytes.',
  columns: ['action_request_targets.plan_json'],
  sentences: ['left_back.*.detail', 'reboot.reasons.*'],
  versions: {
    // Before archives were looked into nobody knew of questions.
    1: {
      body: document(1, fields(nullableList(text))),
      upcast: (plan) => ({ ...plan, downloaded: null, conffile_questions: null, news: null }),
    },
    2: { body: document(2, { ...fields(CONFFILE_QUESTIONS), downloaded: flagOrNull, news: PACKAGE_NEWS }) },
  },
};
