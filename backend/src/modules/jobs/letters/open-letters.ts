/**
 * Whether `j`, a dead letter, still waits for somebody: nobody has dealt with it, and no later job of its action was asked for
 * on its machine. The latter is found when it is read, so that no job's end pays for it.
 */
export const LETTER_IS_OPEN = `(j.settled_at IS NULL AND NOT EXISTS (
      SELECT 1 FROM jobs later WHERE later.machine_id = j.machine_id AND later.kind = j.kind
        AND (later.created_at, later.id) > (j.created_at, j.id)))`;

/** The open dead letters, `j`, by the filter in $1 to $3: class of the error, action, machine; null takes all. */
export const OPEN_LETTERS = `
  FROM jobs j
  WHERE j.died_at IS NOT NULL AND ${LETTER_IS_OPEN}
    AND ($1::text IS NULL OR j.error_kind = $1) AND ($2::text IS NULL OR j.kind = $2)
    AND ($3::uuid IS NULL OR j.machine_id = $3)`;

export interface LetterFilter {
  readonly errorKind?: string | undefined;
  /** Name of the action. */
  readonly action?: string | undefined;
  readonly machineId?: string | undefined;
}

/** Values of {@link OPEN_LETTERS}. */
export function filterValues({ errorKind, action, machineId }: LetterFilter): (string | null)[] {
  return [errorKind ?? null, action ?? null, machineId ?? null];
}
