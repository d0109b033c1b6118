import type { DocumentDto } from '../../api/models';
import type { Saying } from '../../core/i18n/said';
import type { Mode } from '../machines/machine/packages';

/** A file system that the change needs space on; sizes in bytes. Null: not measured, or not known. */
export interface ForecastVolume {
  readonly path: string;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  readonly needBytes: number | null;
  /** Of all inodes, in percent. */
  readonly freeInodes: number | null;
}

/** What is known of one line of the plan besides. Null: not found out. */
export interface LineFacts {
  readonly security: boolean | null;
  /** A repository still offers the version that is replaced. */
  readonly rollback: boolean | null;
}

export interface LeftPackage extends Saying {
  readonly name: string;
  readonly arch: string;
  readonly current: string;
  readonly available: string;
  readonly reason: string;
  readonly detail: string;
}

/** A sentence of the server. */
export interface SaidText extends Saying {
  readonly text: string;
}

export interface ModeEffect {
  readonly mode: Exclude<Mode, 'security'>;
  readonly changes: number;
  readonly removals: number;
}

/** A packager's own words, never translated. */
export interface NewsEntry {
  readonly package: string;
  readonly version: string;
  readonly text: string;
}

/** What the plan of an update tells besides the lines that are confirmed. */
export interface PlanDetails {
  readonly mode: Exclude<Mode, 'security'>;
  readonly scope: string;
  /** By the line of the plan. */
  readonly facts: ReadonlyMap<string, LineFacts>;
  /** Null: not measured. */
  readonly left: readonly LeftPackage[] | null;
  /** What each mode would do with everything, where it was measured. */
  readonly modes: readonly ModeEffect[];
  readonly downloadBytes: number | null;
  readonly volumes: readonly ForecastVolume[];
  /** Restarted in the run; null: not known before. */
  readonly services: readonly string[] | null;
  /** All that the run needs has been fetched; null: not found out. */
  readonly downloaded: boolean | null;
  /** Files that stay as they are though the package changes them. Null: not known before the download. */
  readonly conffiles: readonly string[] | null;
  /** What packagers wrote since the installed versions. Null: not known before the download. */
  readonly news: readonly NewsEntry[] | null;
  readonly reboot: 'needed' | 'no' | 'unknown';
  readonly rebootReasons: readonly SaidText[];
  readonly indexAgeSeconds: number | null;
}

/** The contract `apt_upgrade_plan`, version 2, as far as this page shows it. */
interface AptUpgradePlan {
  readonly mode: 'upgrade' | 'upgrade_with_new' | 'dist_upgrade';
  readonly scope: string;
  readonly packages: readonly {
    readonly line: string;
    readonly security: boolean | null;
    readonly rollback: boolean | null;
  }[];
  readonly left_back:
    | readonly {
        readonly name: string;
        readonly arch: string;
        readonly installed_version: string;
        readonly available_version: string;
        readonly reason: string;
        readonly detail: string;
      }[]
    | null;
  readonly modes: Readonly<
    Record<AptUpgradePlan['mode'], { upgraded: number; installed: number; removed: number; downgraded: number } | null>
  >;
  readonly download_bytes: number | null;
  readonly file_systems:
    | readonly {
        readonly mount: string;
        readonly size_bytes: number;
        readonly available_bytes: number;
        readonly needed_bytes: number | null;
        readonly inodes: number | null;
        readonly inodes_free: number | null;
      }[]
    | null;
  readonly reboot: { readonly expected: boolean | null; readonly reasons: readonly string[] };
  readonly services: readonly string[] | null;
  readonly downloaded: boolean | null;
  readonly conffile_questions: readonly { readonly package: string; readonly path: string }[] | null;
  readonly news: readonly NewsEntry[] | null;
  readonly index: { readonly age_seconds: number | null };
}

const MODE = { upgrade: 'upgrade', upgrade_with_new: 'withNew', dist_upgrade: 'full' } as const;

/** Null for a plan that is none between modes, and for a document that the server could not read. Pure. */
export function readPlanDetails(details: DocumentDto | undefined): PlanDetails | null {
  return details !== undefined &&
    details.unreadable === null &&
    details.document !== null &&
    'modes' in details.document
    ? fromUpgrade(details.document as unknown as AptUpgradePlan, details.said)
    : null;
}

function fromUpgrade(plan: AptUpgradePlan, said: DocumentDto['said']): PlanDetails {
  const saidAs = (field: string, place: string): DocumentDto['said'] => {
    const sentence = said[place];
    return sentence === undefined ? {} : { [field]: sentence };
  };
  const { expected, reasons } = plan.reboot;
  return {
    mode: MODE[plan.mode],
    scope: plan.scope,
    facts: new Map(plan.packages.map(({ line, security, rollback }) => [line, { security, rollback }])),
    left:
      plan.left_back?.map(({ installed_version: current, available_version: available, ...rest }, at) => ({
        ...rest,
        current,
        available,
        said: saidAs('detail', `left_back.${String(at)}.detail`),
      })) ?? null,
    modes: (Object.keys(MODE) as AptUpgradePlan['mode'][]).flatMap((mode) => {
      const counts = plan.modes[mode];
      return counts === null
        ? []
        : [
            {
              mode: MODE[mode],
              changes: counts.upgraded + counts.installed + counts.downgraded,
              removals: counts.removed,
            },
          ];
    }),
    downloadBytes: plan.download_bytes,
    volumes: (plan.file_systems ?? []).map((one) => ({
      path: one.mount,
      sizeBytes: one.size_bytes,
      freeBytes: one.available_bytes,
      needBytes: one.needed_bytes,
      freeInodes:
        one.inodes === null || one.inodes_free === null || one.inodes === 0
          ? null
          : (one.inodes_free / one.inodes) * 100,
    })),
    services: plan.services,
    downloaded: plan.downloaded,
    conffiles: plan.conffile_questions?.map(({ path }) => path) ?? null,
    news: plan.news,
    reboot: expected === null ? 'unknown' : expected ? 'needed' : 'no',
    rebootReasons: reasons.map((text, at) => ({ text, said: saidAs('text', `reboot.reasons.${String(at)}`) })),
    indexAgeSeconds: plan.index.age_seconds,
  };
}
