import type { AptErrorKind } from './apt-error-kinds';

/**
 * `apt_update_analyze`, version 1: what one analysis of a machine's apt state measured.
 *
 * Rules of the document:
 * - `null` means *not measured* (a section was missing, failed, or could not be read); every such null is explained by a
 *   row of `errors`. A number, a list or `false` was read from the machine's own answer.
 * - Versions are Debian version strings, sizes are bytes, durations and ages are seconds, times are ISO 8601 in UTC.
 * - Nothing in it is a secret: user info in URLs is masked before it gets here.
 */
export const APT_UPDATE_ANALYZE_CONTRACT = 'apt_update_analyze';

/** `upgrade` never installs or removes; `upgrade_with_new` also installs; `dist_upgrade` may remove. */
export type PlanName = 'upgrade' | 'upgrade_with_new' | 'dist_upgrade';

export type ChangeOperation = 'upgrade' | 'install' | 'remove' | 'downgrade';

export type LeftBackReason =
  'held' | 'phased' | 'pinned' | 'needs_new_packages' | 'needs_removals' | 'not_installable' | 'unexplained';

/** One place a version comes from, joined from `apt-cache policy`; `release` fields are null where the index has none. */
export interface PackageOrigin {
  uri: string | null;
  site: string | null;
  origin: string | null;
  label: string | null;
  archive: string | null;
  codename: string | null;
  component: string | null;
  security: boolean;
}

/** One package operation. The same package may stand twice when the plans disagree about what to do with it. */
export interface PackageChange {
  name: string;
  arch: string;
  operation: ChangeOperation;
  from_version: string | null;
  to_version: string | null;
  /** Origins of `to_version`; empty for removals. */
  origins: PackageOrigin[];
  /** True if any version in (from, to] comes from a security archive; false for removals; null: origins not measured. */
  security: boolean | null;
  source: string | null;
  /** Size of the .deb; what lies in the machine's cache already is not subtracted. Null: no record found. */
  download_bytes: number | null;
  /** Growth of the disk (negative: shrinks). Null: no record found. */
  disk_bytes: number | null;
  /** Plans that contain this very operation. */
  plans: PlanName[];
}

export interface PlanSummary {
  upgraded: number;
  installed: number;
  removed: number;
  downgraded: number;
  /** Changes, new packages among them, whose version span crosses a security archive. */
  security: number | null;
  /** Entries of `left_back` that this plan leaves. */
  left_back: number | null;
  /** Sum of the records found; null when one is missing. */
  download_bytes: number | null;
  disk_bytes: number | null;
}

/** An installed package for which a newer version is known, left by at least one plan. */
export interface LeftBackPackage {
  name: string;
  arch: string;
  installed_version: string;
  /** The newest known version that this entry speaks about. */
  available_version: string;
  origins: PackageOrigin[];
  /** True if any version in (installed, available] comes from a security archive. */
  security: boolean | null;
  reason: LeftBackReason;
  /** One plain sentence: why, with the names. */
  detail: string;
  /** Plans that leave the package at its installed version (or below `available_version`). */
  left_by: PlanName[];
  /** `needs_new_packages`: what would be installed; `needs_removals`: what would be removed; else empty. */
  needs: string[];
  /** `phased`: the share of machines offered the version so far. */
  phased_percent: number | null;
  /** `pinned`: priority of the available version, and of the installed one. */
  available_priority: number | null;
  installed_priority: number | null;
  /** `not_installable`: apt's own lines. */
  evidence: string[];
}

export type RepositoryResult = 'refreshed' | 'unchanged' | 'failed' | 'not_reached' | 'not_refreshed';

/** One `deb` suite of the machine. */
export interface Repository {
  uri: string;
  suite: string;
  /** `refreshed`/`unchanged`: the server answered; `not_reached`: the run ended before its turn; `not_refreshed`: no refresh ran. */
  result: RepositoryResult;
  error_kind: AptErrorKind | null;
  error_message: string | null;
  components: string[];
  origin: string | null;
  label: string | null;
  archive: string | null;
  codename: string | null;
  /** Null: the index has never been here, so its publisher is not known. */
  security: boolean | null;
  /** Whether package lists of it are on the machine. False with a failed result: its packages are unknown. Null: not measured. */
  has_index: boolean | null;
  /** `Date` and `Valid-Until` of its Release file: the age of the content, by the server. */
  release_date: string | null;
  valid_until: string | null;
  /** When the list was last confirmed with the server: this run, or what earlier runs recorded on the machine; null: never seen. */
  last_success_at: string | null;
  age_seconds: number | null;
  age_basis: AgeBasis | null;
}

export type RefreshOutcome = 'refreshed' | 'partial' | 'failed' | 'lock_busy' | 'timed_out' | 'skipped' | 'unknown';

export interface RefreshResult {
  outcome: RefreshOutcome;
  /** True only if every repository answered in this run. The plans are stale otherwise. */
  refreshed: boolean;
  proxy_mode: 'system' | 'none' | 'custom' | null;
  attempts: number | null;
  duration_seconds: number | null;
  lock_holder: { pid: number | null; name: string | null } | null;
}

/** `refresh`: since a refresh was seen to succeed. `list_file`: no refresh was seen, so the age is at most that of the file's content. */
export type AgeBasis = 'refresh' | 'list_file';

/** `fresh`: all lists confirmed now; `stale`: old lists of some or all; `incomplete`: a repository has no list at all; `none`: no list at all; `unknown`: not measured. */
export type IndexBasis = 'fresh' | 'stale' | 'incomplete' | 'none' | 'unknown';

export interface IndexState {
  basis: IndexBasis;
  /** Age of the oldest list at the time of the analysis; null: no list, or the age of one is not known. */
  age_seconds: number | null;
  age_basis: AgeBasis | null;
  /** When the list that was confirmed longest ago was; null: one repository was never seen to be, whatever the others say. */
  last_success_at: string | null;
}

export type RebootSignal =
  'flag_file' | 'kernel' | 'kernel_rebuilt' | 'needrestart_kernel' | 'needrestart_microcode' | 'init_libraries';

export interface RebootReason {
  signal: RebootSignal;
  verdict: 'needed' | 'not_needed' | 'cannot_tell' | 'not_applicable';
  detail: string;
}

export interface RebootState {
  state: 'needed' | 'not_needed' | 'cannot_tell';
  /** Every signal with its own verdict, so that "cannot tell" can be explained. */
  reasons: RebootReason[];
  running_kernel: string | null;
  /** Newest installed kernel of the running flavour. */
  expected_kernel: string | null;
  /** Packages that asked for the reboot (`reboot-required.pkgs`). */
  packages: string[];
  /** True in a container: "restart the container", kernels do not count. */
  container: boolean | null;
  /** Services that needrestart would restart; null when needrestart is not installed. */
  services: string[] | null;
}

export interface InstalledKernel {
  release: string;
  flavour: string;
  package: string | null;
  package_version: string | null;
  image_bytes: number | null;
  initrd_bytes: number | null;
}

export interface BrokenPackage {
  name: string;
  arch: string;
  version: string;
  /** dpkg's words: `half-configured`, `unpacked`, `half-installed`, `triggers-awaited`, `triggers-pending`, `reinst-required`. */
  state: string;
}

export interface DpkgState {
  installed_count: number | null;
  broken: BrokenPackage[] | null;
  /** A dpkg run was cut off: journal files are left, or a package stopped between unpack and configure. */
  interrupted: boolean | null;
  audit: string[] | null;
}

export interface CoManager {
  unit: string;
  active: boolean;
  /** systemd's words (`active`, `inactive`, `enabled` …); null where systemd does not run. */
  active_state: string | null;
  enabled_state: string | null;
}

export interface CoManagement {
  unattended_upgrades: boolean | null;
  /** Units that work on packages at this very moment. */
  busy: string[];
  units: CoManager[];
}

export interface FileSystemSpace {
  path: string;
  mount: string;
  device: string;
  size_bytes: number;
  available_bytes: number;
  used_percent: number | null;
  inodes: number | null;
  inodes_free: number | null;
}

export interface AptError {
  kind: AptErrorKind;
  severity: 'warning' | 'error';
  message: string;
  /** Lines as the machine printed them, secrets masked, at most 10. */
  important_lines: string[];
  remediation: string;
  /** Repository, package or section concerned. */
  subject: string | null;
}

export type AptMessageCategory =
  'error' | 'warning' | 'future_major_change' | 'deprecation' | 'security_notice' | 'repository_notice';

/** Becomes a row of `important_messages`, source `apt`. */
export interface AptMessage {
  category: AptMessageCategory;
  severity: 'info' | 'warning' | 'error';
  /** Stable code, for translation and for recognising the same message again. */
  code: string;
  package_name: string | null;
  /** Repository or unit concerned. */
  component: string | null;
  message: string;
}

export interface AptCounts {
  /** Packages that `dist_upgrade` would upgrade (downgrades and new packages not counted). */
  updates: number | null;
  /** Those of `updates` whose version span crosses a security archive. Documents of before counted new packages too. */
  security: number | null;
  left_back: number | null;
  left_back_by_reason: Record<LeftBackReason, number> | null;
  autoremovable: number | null;
  held: number | null;
  broken: number | null;
}

export interface AptUpdateAnalyze {
  contract: typeof APT_UPDATE_ANALYZE_CONTRACT;
  schema_version: 1;
  status: 'ok' | 'warning' | 'error';
  /** False: a section was missing or unreadable, the answer is partial. */
  complete: boolean;
  measured_at: string;
  apt_version: string | null;
  architecture: string | null;
  foreign_architectures: string[] | null;
  refresh: RefreshResult;
  index: IndexState;
  repositories: Repository[] | null;
  counts: AptCounts;
  plans: Record<PlanName, PlanSummary | null>;
  changes: PackageChange[] | null;
  left_back: LeftBackPackage[] | null;
  autoremovable: { name: string; arch: string; version: string }[] | null;
  holds: string[] | null;
  reboot: RebootState;
  kernels: InstalledKernel[] | null;
  dpkg: DpkgState;
  co_management: CoManagement | null;
  file_systems: FileSystemSpace[] | null;
  errors: AptError[];
  messages: AptMessage[];
}

/** `important_json`: what tiles, reports and agents need, a few kB. */
export interface AptUpdateAnalyzeImportant {
  contract: typeof APT_UPDATE_ANALYZE_CONTRACT;
  schema_version: 1;
  status: 'ok' | 'warning' | 'error';
  complete: boolean;
  measured_at: string;
  refreshed: boolean;
  index: IndexState;
  counts: AptCounts;
  plans: Record<PlanName, PlanSummary | null>;
  security: { name: string; from_version: string | null; to_version: string }[] | null;
  left_back: { name: string; reason: LeftBackReason; detail: string; security: boolean | null }[] | null;
  removals: string[] | null;
  reboot: { state: RebootState['state']; details: string[]; packages: string[] };
  failed_repositories: { uri: string; suite: string; error_kind: AptErrorKind | null }[] | null;
  errors: { kind: AptErrorKind; severity: AptError['severity']; message: string; subject: string | null }[];
}
