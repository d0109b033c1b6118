/**
 * Columns for documents that no feature writes yet, with the phase that will. Whoever writes the first document into one
 * registers its contract and takes the column off this list; the test fails until that is done.
 */
export const PENDING_COLUMNS: Readonly<Record<string, readonly string[]>> = {};
