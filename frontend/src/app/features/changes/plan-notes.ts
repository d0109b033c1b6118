import type { DocumentDto } from '../../api/models';

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
}

/** Read by what the document holds, so that a plan of another action is shown without a word about it here. Pure. */
export function readPlanNotes(details: DocumentDto | undefined): PlanNotes | null {
  if (details === undefined || details.unreadable !== null || details.document === null) {
    return null;
  }
  const { kept, marks, note, expires_at: expiresAt, complaints } = details.document as Record<string, unknown>;
  return {
    kept: Array.isArray(kept) ? (kept as KeptPackage[]) : null,
    marks: Array.isArray(marks) ? (marks as string[]) : null,
    note: typeof note === 'string' ? note : null,
    expiresAt: typeof expiresAt === 'string' ? expiresAt : null,
    complaints: Array.isArray(complaints) ? (complaints as string[]) : null,
  };
}
