import { isDatabaseUnavailable } from './database-errors';
import { errorCode } from './error-code';
import { StartRefusedError } from './start-refused';

/** PostgreSQL's codes for who may not sign in, and for a database that there is not. */
const SIGN_IN_REFUSED = new Set(['28P01', '28000']);
const NO_SUCH_DATABASE = '3D000';

/** What went wrong at the start, in the words of somebody who has to mend it; a fault of ours with its stack. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StartRefusedError) return error.message;
  const code = errorCode(error) ?? '';
  if (SIGN_IN_REFUSED.has(code))
    return `The database refuses the sign-in (${error.message}). Check user and password in DATABASE_URL.`;
  if (code === NO_SUCH_DATABASE)
    return `The database is not there (${error.message}). Create it, or name another one in DATABASE_URL.`;
  return isDatabaseUnavailable(error)
    ? `The database does not answer (${error.message || code}). Check DATABASE_URL and that PostgreSQL runs.`
    : (error.stack ?? error.message);
}
