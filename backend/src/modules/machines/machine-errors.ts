import type { EntityManager } from 'typeorm';
import { prepared } from '../../kernel/database/prepared';
import { affected, queryRows } from '../../kernel/database/rows';

/** An error of a machine that nothing has settled yet. */
export interface MachineError {
  /** The action that ended with it; null: of the connection, whatever met it. */
  readonly action: string | null;
  readonly kind: string;
  /** What it is about, as the action names it: a package, a service. Null: nothing in particular, or nobody noted it. */
  readonly subject: string | null;
  readonly message: string | null;
  readonly metAt: Date;
  /** The job that ended with it; null: none did, or nobody noted it. */
  readonly jobId: string | null;
}

/** Errors that are over: those that these actions ended with, or any; of these classes, about these where they are named. */
export interface SettledErrors {
  readonly actions?: readonly string[];
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  /** Null among them: those that are about nothing in particular. */
  readonly about?: readonly (string | null)[];
  /** Single ones that stay. */
  readonly spares?: readonly Pick<MachineError, 'kind' | 'subject'>[];
}

/** What a change of a machine's state says of its errors. */
export interface ErrorChange {
  readonly settles?: string | null;
  readonly settlesErrors?: readonly SettledErrors[];
  readonly lastErrorKind?: string;
  readonly lastErrorMessage?: string | null;
  readonly lastErrorSubject?: string | null;
  readonly lastErrorAction?: string;
  readonly lastErrorJobId?: string;
  readonly furtherErrors?: readonly FurtherError[];
}

/** What the same job met besides the error that it is told by. */
export interface FurtherError {
  readonly kind: string;
  readonly message: string;
  readonly subject?: string | null;
}

const MESSAGE_MAX = 2000;
const SUBJECT_MAX = 200;

/**
 * What of the errors of a machine stands after a change: of each action the newest of each class and subject that nothing has settled,
 * of the connection the newest. Oldest first, and of one job the one last that it is told by. Pure.
 */
export function errorsAfter(
  standing: readonly MachineError[],
  change: ErrorChange,
  now: Date,
): readonly MachineError[] {
  const { settles, settlesErrors = [] } = change;
  const left = standing.filter((error) => {
    const own = settles !== undefined && (error.action === null || error.action === settles);
    return !own && !settlesErrors.some((errors) => isAmong(error, errors));
  });
  return metBy(change, now).reduce((errors, met) => [...errors.filter((error) => !isReplaced(error, met)), met], left);
}

function metBy({ lastErrorKind: kind, furtherErrors = [], ...of }: ErrorChange, now: Date) {
  if (kind === undefined) return [];
  const own = { kind, message: of.lastErrorMessage ?? null, subject: of.lastErrorSubject ?? null };
  const all = [...furtherErrors, own];
  return all.map((error): MachineError => ({
    action: of.lastErrorAction ?? null,
    kind: /^[a-z][a-z0-9_]*$/.test(error.kind) ? error.kind : 'unexpected',
    subject: error.subject?.slice(0, SUBJECT_MAX) ?? null,
    message: error.message?.slice(0, MESSAGE_MAX) ?? null,
    metAt: now,
    jobId: of.lastErrorJobId ?? null,
  }));
}

function isReplaced(error: MachineError, { action, kind, subject }: MachineError): boolean {
  return error.action === action && (action === null || (error.kind === kind && error.subject === subject));
}

function isAmong({ kind, action, subject }: MachineError, errors: SettledErrors): boolean {
  const { actions, only, except, about, spares } = errors;
  if (actions !== undefined && (action === null || !actions.includes(action))) return false;
  if (
    about?.includes(subject) === false ||
    spares?.some((one) => one.kind === kind && one.subject === subject) === true
  )
    return false;
  return (only?.includes(kind) ?? true) && except?.includes(kind) !== true;
}

/** Of machines whose rows are held; oldest first. */
export async function standingErrors(
  manager: EntityManager,
  machineIds: readonly string[],
): Promise<ReadonlyMap<string, readonly MachineError[]>> {
  if (machineIds.length === 0) return new Map();
  const rows = await queryRows<MachineError & { machineId: string }>(manager, STANDING, [machineIds]);
  return Map.groupBy(rows, ({ machineId }) => machineId);
}

/** @param errors of each machine all that stand now */
export async function writeErrors(
  manager: EntityManager,
  errors: ReadonlyMap<string, readonly MachineError[]>,
): Promise<void> {
  if (errors.size === 0) return;
  const rows = [...errors].flatMap(([machine_id, standing]) =>
    standing.map(({ action, kind, subject, message, metAt: met_at, jobId: job_id }, place) => ({
      machine_id,
      action: action ?? '',
      kind,
      subject: subject ?? '',
      message,
      met_at,
      job_id,
      place,
    })),
  );
  const given = JSON.stringify(rows);
  await affected(manager, FORGET, [[...errors.keys()], given]);
  if (rows.length > 0) await affected(manager, KEEP, [given]);
}

const STANDING = prepared(`
  SELECT machine_id AS "machineId", NULLIF(action, '') AS action, kind, NULLIF(subject, '') AS subject, message,
         met_at AS "metAt", job_id AS "jobId"
    FROM machine_errors
   WHERE machine_id = ANY ($1::uuid[]) ORDER BY place, met_at, action, subject`);

const FORGET = prepared(`
  DELETE FROM machine_errors e WHERE e.machine_id = ANY ($1::uuid[])
     AND (e.machine_id, e.action, e.kind, e.subject) NOT IN (
       SELECT g.machine_id, g.action, g.kind, g.subject
         FROM jsonb_to_recordset($2::jsonb) AS g (machine_id uuid, action text, kind text, subject text))`);

const KEEP = prepared(`
  INSERT INTO machine_errors (machine_id, action, kind, subject, message, met_at, job_id, place)
  SELECT machine_id, action, kind, subject, message, met_at, job_id, place
    FROM jsonb_to_recordset($1::jsonb) AS g (
      machine_id uuid, action text, kind text, subject text, message text, met_at timestamptz, job_id uuid, place smallint)
  ON CONFLICT (machine_id, action, kind, subject) DO UPDATE
    SET message = EXCLUDED.message, met_at = EXCLUDED.met_at, job_id = EXCLUDED.job_id, place = EXCLUDED.place`);
