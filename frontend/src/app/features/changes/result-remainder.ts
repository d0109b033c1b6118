import type { DocumentDto } from '../../api/models';

/** One package that somebody else changed while the run was at work. */
export interface OthersChange {
  readonly name: string;
  readonly arch: string;
  readonly from_version: string | null;
  readonly to_version: string | null;
  readonly at: string;
  readonly actor: string;
  readonly command: string | null;
}

export const REMAINDERS = ['changed_by_others', 'audit', 'conffile_changes', 'news'] as const;
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

/** Something that was looked for and has no proof of its own on the page. */
export interface Remainder {
  readonly name: (typeof REMAINDERS)[number];
  /** How many there are; null: not measured. */
  readonly count: number | null;
  readonly reason: UnmeasuredReason | null;
}

/** What a document of the server's holds that it could read. */
function bodyOf(result: DocumentDto | null): Readonly<Record<string, unknown>> {
  return (result?.unreadable === null ? result.document : null) ?? {};
}

/** Of a field of a result that is null: why, where the result says it. Pure. */
export function whyUnmeasured(result: DocumentDto | null, field: string): UnmeasuredReason | null {
  const reasons = (bodyOf(result)['not_measured'] ?? []) as readonly { fact: string; reason: UnmeasuredReason }[];
  return reasons.find(({ fact }) => fact === field)?.reason ?? null;
}

/** What else the run has looked for, as far as its result speaks of it. Pure. */
export function remaindersOf(result: DocumentDto | null): Remainder[] {
  const body = bodyOf(result);
  return REMAINDERS.filter((name) => name in body).map((name) => ({
    name,
    count: (body[name] as readonly unknown[] | null)?.length ?? null,
    reason: whyUnmeasured(result, name),
  }));
}

/** What others changed meanwhile; none where nobody could tell, which {@link remaindersOf} says. Pure. */
export function othersChangesOf(result: DocumentDto | null): readonly OthersChange[] {
  return (bodyOf(result)['changed_by_others'] ?? []) as readonly OthersChange[];
}
