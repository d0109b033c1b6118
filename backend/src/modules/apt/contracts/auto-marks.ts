import { list, object, text, type Properties } from '../../../kernel/contracts/schemas';

/** Packages that were installed automatically, and that apt was told by name. */
export interface AutoMarks {
  /** They still count as that. */
  readonly kept: readonly string[];
  /** They count as chosen by hand now: nothing takes them away any more when nothing needs them. */
  readonly lost: readonly string[];
}

/** Null: there was nothing to keep, unless `not_measured` names it: then nobody could tell. */
export const AUTO_MARKS: Properties = {
  auto_marks: { anyOf: [object({ kept: list(text), lost: list(text) }), { type: 'null' }] },
};

/** From a result that did not say. */
export function withoutAutoMarks(result: Record<string, unknown>): Record<string, unknown> {
  return { ...result, auto_marks: null };
}
