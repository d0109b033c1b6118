/**
 * What an error of the database repeats of the rows that were sent or are stored: whole documents, output of machines.
 * `driverError` is the same error once more.
 */
const ofRows: ReadonlySet<string> = new Set(['parameters', 'driverError', 'detail', 'where', 'internalQuery']);

/**
 * An error as logs show it. Of the database's the reason, the statement and the names in it stay; the values go.
 * @param error what pino's own serializer made of it
 */
export function loggedError(error: object): object {
  const isOfDatabase = 'parameters' in error || ('severity' in error && 'routine' in error);
  return Object.fromEntries(
    Object.entries(error)
      .filter(([key]) => !(isOfDatabase && ofRows.has(key)))
      .map(([key, value]: [string, unknown]) => [key, withoutRows(value)]),
  );
}

/** Errors stand within errors: those of an attempt, the cause that a library keeps. */
function withoutRows(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRows);
  return typeof value === 'object' && value !== null && 'message' in value ? loggedError(value) : value;
}
