import type { DocumentDto, PlanCheckDto } from '../../api/models';

/** A package that stays although it might go. */
export interface KeptPackage {
  readonly name: string;
  readonly version: string;
  readonly reason: string;
}

/** What the document of any plan may tell besides, whichever action it is of. Null: it does not speak of it. */
export interface PlanNotes {
  readonly kept: readonly KeptPackage[] | null;
  /** Marks that are on the machine. */
  readonly marks: readonly string[] | null;
  readonly note: string | null;
  /** ISO 8601. */
  readonly expiresAt: string | null;
  /** Lines in which the machine says what is wrong now. */
  readonly complaints: readonly string[] | null;
  /** What it gives back on the disk. */
  readonly freedBytes: number | null;
}

/** Read by what the document holds, so that a plan of another action is shown without a word about it here. Pure. */
export function readPlanNotes(details: DocumentDto | undefined): PlanNotes | null {
  if (details === undefined || details.unreadable !== null || details.document === null) {
    return null;
  }
  const {
    kept,
    marks,
    note,
    expires_at: expiresAt,
    complaints,
    disk_bytes: grown,
  } = details.document as Record<string, unknown>;
  return {
    kept: Array.isArray(kept) ? (kept as KeptPackage[]) : null,
    marks: Array.isArray(marks) ? (marks as string[]) : null,
    note: typeof note === 'string' ? note : null,
    expiresAt: typeof expiresAt === 'string' ? expiresAt : null,
    complaints: Array.isArray(complaints) ? (complaints as string[]) : null,
    freedBytes: typeof grown === 'number' && grown < 0 ? -grown : null,
  };
}

const REMEDIATION = /^\w+_remediation\.(\w+)$/;

/** Classes of the errors for which checks block a plan: what they say to do is the remediation of one. Pure. */
export function blockingErrors(checks: readonly PlanCheckDto[]): string[] {
  return checks
    .filter(({ verdict }) => verdict === 'blocked')
    .flatMap(({ said }) => (said['action'] ?? []).flatMap(({ code }) => REMEDIATION.exec(code ?? '')?.[1] ?? []));
}
