import type { DocumentDto } from '../../api/models';

/** How a package stands after the run. `unplanned`: it changed though no line of the plan names it. */
export interface ResultPackage {
  readonly name: string;
  readonly arch: string;
  readonly before: string | null;
  readonly now: string | null;
  readonly verdict: 'as_planned' | 'differs' | 'unplanned';
}

/** What went wrong, by its class. */
export interface ResultError {
  readonly kind: string;
  readonly severity: 'warning' | 'error';
  readonly message: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
}

/** What a run changed, as it was found on the machine and compared with its plan. Null: not measured. */
export interface ChangeResult {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  readonly packages: readonly ResultPackage[] | null;
  readonly conffiles: readonly string[] | null;
  readonly failedUnits: { readonly before: readonly string[]; readonly after: readonly string[] } | null;
  readonly ports: { readonly gone: readonly string[]; readonly opened: readonly string[] } | null;
  readonly reboot: 'needed' | 'not_needed' | 'unknown';
  /** What dpkg finds wrong. */
  readonly audit: readonly string[];
  readonly errors: readonly ResultError[];
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

/** The contract `apt_upgrade_result`, version 1, as far as this page shows it. */
interface AptUpgradeResult {
  readonly ending: ChangeResult['ending'];
  readonly packages:
    | readonly {
        readonly name: string;
        readonly arch: string;
        readonly from_version: string | null;
        readonly to_version: string | null;
        readonly planned: boolean;
        readonly as_planned: boolean;
      }[]
    | null;
  readonly errors: readonly {
    readonly kind: string;
    readonly severity: ResultError['severity'];
    readonly message: string;
    readonly important_lines: readonly string[];
    readonly remediation: string;
  }[];
  readonly conffiles: readonly string[] | null;
  readonly failed_units: ChangeResult['failedUnits'];
  readonly ports: ChangeResult['ports'];
  readonly audit: readonly string[] | null;
  readonly reboot_flag: boolean | null;
  readonly drift: ChangeResult['drift'];
}

/** Null for the result of another action, and for a document that the server could not read. Pure. */
export function readChangeResult(result: DocumentDto | null): ChangeResult | null {
  return result?.contract === 'apt_upgrade_result' && result.unreadable === null && result.document !== null
    ? fromUpgrade(result.document as unknown as AptUpgradeResult)
    : null;
}

function fromUpgrade(result: AptUpgradeResult): ChangeResult {
  const { ending, conffiles, ports, drift, reboot_flag: reboot } = result;
  return {
    ending,
    packages:
      result.packages?.map(({ name, arch, from_version: before, to_version: now, planned, as_planned }) => ({
        name,
        arch,
        before,
        now,
        verdict: !planned ? 'unplanned' : as_planned ? 'as_planned' : 'differs',
      })) ?? null,
    conffiles,
    failedUnits: result.failed_units,
    ports,
    reboot: reboot === null ? 'unknown' : reboot ? 'needed' : 'not_needed',
    audit: result.audit ?? [],
    errors: result.errors.map(({ important_lines: evidence, remediation: remedy, ...rest }) => ({
      ...rest,
      evidence,
      remedy,
    })),
    drift,
  };
}

export type Proof = 'good' | 'look' | 'bad' | 'unknown';

/** Units that fail now and did not before. Pure. */
export function newlyFailed(units: NonNullable<ChangeResult['failedUnits']>): string[] {
  return units.after.filter((unit) => !units.before.includes(unit));
}

/** Differences first, each by name. Pure. */
export function differencesFirst(packages: readonly ResultPackage[]): ResultPackage[] {
  const rank = ({ verdict }: ResultPackage): number => (verdict === 'as_planned' ? 1 : 0);
  return [...packages].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export type ProofKey = 'packages' | 'conffiles' | 'units' | 'ports' | 'reboot';

/** The verdict of each proof; what was not measured is never good, nor is the right version half configured. Pure. */
export function proofs({
  audit,
  packages,
  conffiles,
  failedUnits,
  ports,
  reboot,
}: ChangeResult): Readonly<Record<ProofKey, Proof>> {
  const judge = <T>(found: T | null, verdict: (found: T) => Proof): Proof =>
    found === null ? 'unknown' : verdict(found);
  return {
    packages:
      audit.length > 0
        ? 'bad'
        : judge(packages, (all) => (all.every(({ verdict }) => verdict === 'as_planned') ? 'good' : 'bad')),
    conffiles: judge(conffiles, (all) => (all.length === 0 ? 'good' : 'look')),
    units: judge(failedUnits, (units) => (newlyFailed(units).length > 0 ? 'bad' : 'good')),
    ports: judge(ports, ({ gone, opened }) => (gone.length > 0 ? 'bad' : opened.length > 0 ? 'look' : 'good')),
    reboot: reboot === 'unknown' ? 'unknown' : reboot === 'needed' ? 'look' : 'good',
  };
}
