import type { DocumentDto, JobDto } from '../../api/models';
import type { PackageOperation } from '../../ui/package-table';
import type { NewsEntry } from './plan-details';
import { rebootOf, type RebootFields, type ResultReboot } from './result-reboot';
import { failureSaid, jobFailure, type Failure } from '../../ui/failure';

/** How a package stands after the run. `unplanned`: it changed though no line of the plan names it. */
export interface ResultPackage {
  readonly name: string;
  readonly arch: string;
  readonly operation: PackageOperation;
  readonly before: string | null;
  readonly now: string | null;
  readonly origin: string | null;
  /** `unwhole`: whatever its version, dpkg has not finished with it. */
  readonly verdict: 'as_planned' | 'differs' | 'unplanned' | 'unwhole';
}

export interface ConffileChange {
  readonly path: string;
  readonly difference: readonly string[] | null;
  readonly cut: boolean;
}

export type ProofKey = 'whole' | 'packages' | 'autoMarks' | 'conffiles' | 'units' | 'ports' | 'reboot';

/** What a run changed, as it was found on the machine and compared with its plan. Null: not measured. */
export interface ChangeResult extends ResultReboot {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  /** What the document speaks of, in the order in which it is shown. */
  readonly proven: readonly ProofKey[];
  /** dpkg and apt find nothing wrong any more. */
  readonly whole: boolean | null;
  readonly packages: readonly ResultPackage[] | null;
  /** Packages that were installed automatically and apt was told by name; null where there was none. */
  readonly autoMarks: { readonly kept: readonly string[]; readonly lost: readonly string[] } | null;
  readonly conffiles: readonly string[] | null;
  /** What the new version of each would change; null where not everybody may read it. Empty: nothing is known. */
  readonly conffileChanges: readonly ConffileChange[];
  readonly news: readonly NewsEntry[];
  readonly failedUnits: { readonly before: readonly string[]; readonly after: readonly string[] } | null;
  readonly ports: { readonly gone: readonly string[]; readonly opened: readonly string[] } | null;
  /** What dpkg finds wrong; null: not measured. */
  readonly audit: readonly string[] | null;
  readonly failures: readonly Failure[];
  /** Classes of errors after which dpkg has nothing to finish, as it took its own steps back: there is nothing to repair. */
  readonly unwound: readonly string[];
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

/** What was done, as what a plan would call it. */
const OPERATION = {
  upgraded: 'upgrade',
  installed: 'install',
  removed: 'remove',
  downgraded: 'downgrade',
  unchanged: 'hold',
} as const satisfies Record<string, PackageOperation>;

/** What went wrong, as documents have it. */
interface ResultError {
  readonly kind: string;
  readonly severity: Failure['severity'];
  readonly message: string;
  readonly important_lines: readonly string[];
  readonly remediation: string;
  readonly subject: string | null;
}

/** What results of changes hold, in the words of their contracts; each action's holds a part of it. */
interface ResultDocument extends RebootFields {
  readonly ending: ChangeResult['ending'];
  readonly packages?:
    | readonly {
        readonly name: string;
        readonly arch: string;
        readonly operation: keyof typeof OPERATION;
        readonly from_version: string | null;
        readonly to_version: string | null;
        readonly origin: string | null;
        readonly planned: boolean;
        readonly as_planned: boolean;
        /** dpkg's word; null where the package is not there, or its state was not kept. */
        readonly state: string | null;
      }[]
    | null;
  /** Packages that were only configured. */
  readonly unfinished?: readonly {
    readonly name: string;
    readonly version: string | null;
    readonly finished: boolean | null;
  }[];
  /** Marks of packages, and those that changed without being planned. */
  readonly marks?: readonly {
    readonly name: string;
    readonly held_before: boolean | null;
    readonly held: boolean | null;
    readonly as_planned: boolean;
  }[];
  readonly unplanned?: readonly string[] | null;
  readonly marks_after?: readonly string[] | null;
  readonly whole?: boolean | null;
  readonly complaints?: readonly string[] | null;
  readonly auto_marks?: ChangeResult['autoMarks'];
  readonly errors?: readonly ResultError[];
  readonly conffiles?: readonly string[] | null;
  readonly conffile_changes?: readonly ConffileChange[] | null;
  readonly news?: readonly NewsEntry[] | null;
  readonly failed_units?: ChangeResult['failedUnits'];
  readonly ports?: ChangeResult['ports'];
  readonly audit?: readonly string[] | null;
  readonly drift?: ChangeResult['drift'];
  readonly not_measured?: readonly { readonly fact: string }[];
}

/**
 * Read by what the document holds, so that the result of another action is shown without a word about it here. Null for a
 * document that does not say how its run ended, and for one that the server could not read. Pure.
 */
export function readChangeResult(result: DocumentDto | null): ChangeResult | null {
  return result !== null && result.unreadable === null && result.document !== null && 'ending' in result.document
    ? fromDocument(result.document as unknown as ResultDocument, result.said)
    : null;
}

function fromDocument(result: ResultDocument, said: DocumentDto['said']): ChangeResult {
  const { ending } = result;
  return {
    ending,
    proven: provenBy(result),
    whole: result.whole ?? null,
    packages: packagesOf(result),
    autoMarks: result.auto_marks ?? null,
    conffiles: result.conffiles ?? null,
    conffileChanges: result.conffile_changes ?? [],
    news: result.news ?? [],
    failedUnits: result.failed_units ?? null,
    ports: result.ports ?? null,
    ...rebootOf(result, said),
    audit: result.complaints ?? ('audit' in result ? (result.audit ?? null) : []),
    failures: (result.errors ?? []).map((error, at) => failureOf(error, at, said)),
    unwound: unwoundBy(result),
    drift: result.drift ?? null,
  };
}

/** As the server tells it: of scripts that failed, where dpkg finds nothing wrong and has finished with what they were of. */
function unwoundBy({ errors = [], packages, audit }: ResultDocument): string[] {
  if (packages == null || audit?.length !== 0) return [];
  const ofScripts = errors.filter(({ kind }) => kind === 'maintainer_script_failed' || kind === 'container_refused');
  const unfinished = packages.filter(({ state }) => isUnwhole(state)).map(({ name }) => name);
  const left = ofScripts
    .filter(({ subject }) => subject !== null && unfinished.includes(subject))
    .map(({ kind }) => kind);
  return [...new Set(ofScripts.map(({ kind }) => kind))].filter((kind) => !left.includes(kind));
}

function failureOf(
  { kind, severity, message, important_lines: evidence, remediation: remedy }: ResultError,
  at: number,
  sentences: DocumentDto['said'],
): Failure {
  const place = `errors.${String(at)}`;
  const said = failureSaid(sentences, { message: `${place}.message`, remedy: `${place}.remediation` });
  return { kind, severity, message, evidence, remedy, said };
}

/**
 * Everything that went wrong in a change, each thing once: the job names what its result shows with evidence, so it has
 * a place of its own only where the result does not know of it. Pure.
 */
export function failuresOf(job: JobDto, result: ChangeResult | null): Failure[] {
  const own = jobFailure(job);
  const found = result?.failures ?? [];
  const shown = found.some(({ kind, message }) => kind === own?.kind || message === own?.message);
  return own === null || shown ? [...found] : [own, ...found];
}

/** Of what may be null because there was nothing: that it is null for another reason. */
function wasNotMeasured({ not_measured: missing = [] }: ResultDocument, name: string): boolean {
  return missing.some(({ fact }) => fact === name);
}

function provenBy(result: ResultDocument): ProofKey[] {
  const keys: readonly (readonly [ProofKey, boolean])[] = [
    ['whole', 'whole' in result],
    ['packages', 'packages' in result || 'marks' in result],
    ['autoMarks', result.auto_marks != null || wasNotMeasured(result, 'auto_marks')],
    ['conffiles', 'conffiles' in result],
    ['units', 'failed_units' in result],
    ['ports', 'ports' in result],
    ['reboot', 'reboot_flag' in result],
  ];
  return keys.flatMap(([key, there]) => (there ? [key] : []));
}

function packagesOf({
  packages,
  unfinished = [],
  marks,
  unplanned,
  marks_after,
}: ResultDocument): ResultPackage[] | null {
  if (marks !== undefined) {
    return marks_after == null ? null : markedPackages(marks, unplanned ?? []);
  }
  if (packages == null) {
    return null;
  }
  return [
    ...unfinished.map(({ name, version, finished }) => ({
      name,
      arch: '',
      operation: 'hold' as const,
      before: version,
      now: version,
      origin: null,
      verdict: finished === true ? ('as_planned' as const) : ('differs' as const),
    })),
    ...packages.map(
      ({ name, arch, operation, origin, from_version, to_version, planned, as_planned, state }) =>
        ({
          name,
          arch,
          operation: OPERATION[operation],
          before: from_version,
          now: to_version,
          origin,
          verdict: isUnwhole(state) ? 'unwhole' : !planned ? 'unplanned' : as_planned ? 'as_planned' : 'differs',
        }) as const,
    ),
  ];
}

function isUnwhole(state: string | null): boolean {
  return state !== null && state !== 'installed';
}

/** apt's own word for a mark stands where others have a version. */
function markedPackages(marks: NonNullable<ResultDocument['marks']>, unplanned: readonly string[]): ResultPackage[] {
  const word = (held: boolean | null): string | null => (held === true ? 'hold' : null);
  return [
    ...marks.map(({ name, held_before, held, as_planned }) => ({
      name,
      arch: '',
      operation: 'hold' as const,
      before: word(held_before),
      now: word(held),
      origin: null,
      verdict: as_planned ? ('as_planned' as const) : ('differs' as const),
    })),
    ...unplanned.map((name) => ({
      name,
      arch: '',
      operation: 'hold' as const,
      before: null,
      now: null,
      origin: null,
      verdict: 'unplanned' as const,
    })),
  ];
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

/** The verdict of each proof that there is; what was not measured is never good, nor is the right version half configured. Pure. */
export function proofs(result: ChangeResult): Readonly<Partial<Record<ProofKey, Proof>>> {
  return Object.fromEntries(result.proven.map((key) => [key, PROOF[key](result)]));
}

const judge = <T>(found: T | null, verdict: (found: T) => Proof): Proof =>
  found === null ? 'unknown' : verdict(found);

const PROOF: Readonly<Record<ProofKey, (result: ChangeResult) => Proof>> = {
  whole: ({ whole }) => judge(whole, (all) => (all ? 'good' : 'bad')),
  packages: ({ audit, packages }) =>
    audit !== null && audit.length > 0
      ? 'bad'
      : judge(packages, (all) =>
          all.some(({ verdict }) => verdict !== 'as_planned') ? 'bad' : audit === null ? 'unknown' : 'good',
        ),
  autoMarks: ({ autoMarks }) => judge(autoMarks, ({ lost }) => (lost.length === 0 ? 'good' : 'look')),
  conffiles: ({ conffiles }) => judge(conffiles, (all) => (all.length === 0 ? 'good' : 'look')),
  units: ({ failedUnits }) => judge(failedUnits, (units) => (newlyFailed(units).length > 0 ? 'bad' : 'good')),
  ports: ({ ports }) =>
    judge(ports, ({ gone, opened }) => (gone.length > 0 ? 'bad' : opened.length > 0 ? 'look' : 'good')),
  reboot: ({ reboot }) => (reboot === 'needed' ? 'look' : reboot === 'not_needed' ? 'good' : 'unknown'),
};
