import type { Unmeasured, UnmeasuredCode } from '../contracts/machine-probe.v1';
import type { Cell } from '../parsers/table';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../inventory.sentences';

/** A value, or why there is none. */
export type Measured<T> = { readonly value: T } | Missing;

export interface Missing {
  readonly value: null;
  readonly code: UnmeasuredCode;
  readonly reason: Sentence;
}

export function missing(code: UnmeasuredCode, reason: Sentence): Missing {
  return { value: null, code, reason };
}

export function isMissing<T>(measured: Measured<T>): measured is Missing {
  return 'code' in measured;
}

/** Applies `step` to a measured value; a missing one stays missing with its reason. */
export function map<T, U>(measured: Measured<T>, step: (value: T) => U): Measured<U> {
  return isMissing(measured) ? measured : { value: step(measured.value) };
}

/** Applies a step that may itself find nothing. */
export function chain<T, U>(measured: Measured<T>, step: (value: T) => Measured<U>): Measured<U> {
  return isMissing(measured) ? measured : step(measured.value);
}

/** A value that may be null becomes missing with the given reason. */
export function given<T>(value: T | null | undefined, code: UnmeasuredCode, reason: Sentence): Measured<T> {
  return value === null || value === undefined ? missing(code, reason) : { value };
}

/** A cell of the script's tables; `what` stands in the reason, e.g. `The disk's model`. */
export function fromCell(cell: Cell | undefined, what: Sentence): Measured<string> {
  if (cell === undefined) return missing('not_collected', say.cell_not_in_answer({ what }));
  if (cell.value !== null) return { value: cell.value };
  return cell.missing === 'absent'
    ? missing('not_present', say.cell_absent({ what }))
    : missing('not_readable', say.cell_unreadable({ what }));
}

/** Collects the reasons while a document is filled: each null that is written leaves its entry here. */
export class ReasonBook {
  private readonly entries = new Map<string, Unmeasured>();

  /** The value to write at `path`, or null after noting why. */
  take<T>(path: string, measured: Measured<T>): T | null {
    if (!isMissing(measured)) return measured.value;
    this.entries.set(path, { path, code: measured.code, reason: measured.reason });
    return null;
  }

  list(): Unmeasured[] {
    return [...this.entries.values()];
  }
}
