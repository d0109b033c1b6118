import { applyPatch, compare } from 'fast-json-patch';
import type { Contracts, Reading } from '../../kernel/contracts/contracts';
import type { JsonDocument } from '../../kernel/contracts/json-document';
import { SNAPSHOT_PATCH, type SnapshotPatch } from './contracts/snapshot-patch';

/** A patch that is more than this share of the document saves too little to be worth the second look when reading. */
const WORTHWHILE_SHARE = 0.5;

/** @returns the patch from `base` to `document`; null when keeping the document whole is the better deal */
export function patchBetween(contracts: Contracts, base: object, document: JsonDocument): JsonDocument | null {
  const operations = compare(base, document.body);
  const worthwhile = JSON.stringify(operations).length <= document.text.length * WORTHWHILE_SHARE;
  return worthwhile ? contracts.document(SNAPSHOT_PATCH.name, { operations }) : null;
}

/** A document put together again, or, with a `fault`, what stands in place of it. */
export interface WholeDocument {
  readonly document: unknown;
  readonly fault: Reading<never> | null;
}

/**
 * @param base the document, or the one that it shares
 * @param patch null: the document was kept whole, in `base`
 */
export function wholeDocument(contracts: Contracts, base: unknown, patch: unknown): WholeDocument {
  if (patch === null) return { document: base, fault: null };
  const reading = contracts.read<SnapshotPatch>(SNAPSHOT_PATCH.name, patch);
  if (!reading.readable) return { document: patch, fault: reading };
  try {
    // `base` was read for this alone, so it may be changed in place.
    return { document: applyPatch(base, [...reading.document.operations], true).newDocument, fault: null };
  } catch {
    // A patch that does not fit its base. Which of the two is damaged, nobody can tell.
    const fault = { readable: false, version: reading.version, document: patch, reason: 'damaged' } as const;
    return { document: patch, fault };
  }
}
