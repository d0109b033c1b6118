import { applyPatch, compare, type Operation } from 'fast-json-patch';

/** A JSON Patch (RFC 6902): what one document has otherwise than another. */
export type JsonPatch = readonly Operation[];

/** A patch that is more than this share of the document saves too little to be worth the second look when reading. */
const WORTHWHILE_SHARE = 0.5;

/** The contract of what a snapshot holds that shares another's content. */
export const SNAPSHOT_PATCH_CONTRACT = {
  name: 'snapshot_patch',
  version: 1,
  schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Difference of a snapshot to the one whose content it shares',
    description: 'A JSON Patch (RFC 6902) that makes this document out of that one.',
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['op', 'path'],
      properties: {
        op: { enum: ['add', 'remove', 'replace'] },
        path: { type: 'string', description: 'JSON Pointer (RFC 6901).' },
        value: { description: 'Of add and replace: any JSON.' },
      },
    },
  },
} as const;

/** @returns the patch from `base` to `document`; null when keeping the document whole is the better deal */
export function patchBetween(base: object, document: object): JsonPatch | null {
  const patch = compare(base, document);
  const worthwhile = JSON.stringify(patch).length <= JSON.stringify(document).length * WORTHWHILE_SHARE;
  return worthwhile ? patch : null;
}

/**
 * @param patch null: the document was kept whole, in `base`
 * @throws Error for a patch that does not fit its base
 */
export function patched(base: unknown, patch: unknown): unknown {
  if (patch === null) return base;
  // `base` was read for this alone, so it may be changed in place.
  return applyPatch(base, patch as Operation[], true).newDocument;
}
