import { errorCode } from './error-code';

/**
 * Codes that say "no usable connection", from Node's sockets and from PostgreSQL (class 08 and the 57P shutdown codes);
 * see https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
const unavailable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

/** Messages of `pg` and TypeORM that carry no code. */
const unavailableMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Connection is not established',
  'Driver not Connected',
  // TypeORM's word for a connection that broke between two statements of a transaction.
  'Query runner already released',
];

/**
 * True when the database could not be reached or went away, so that trying again later makes sense.
 *
 * Socket codes count as the database's: what fails on a machine is an `SshError` with a kind of its own by then.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = errorCode(error) ?? '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  if (unavailable.has(code) || code.startsWith('08')) return true;
  if (unavailableMessages.some((known) => message.includes(known))) return true;
  if ('errors' in error && Array.isArray(error.errors))
    return error.errors.some((inner) => isDatabaseUnavailable(inner));
  return 'driverError' in error && isDatabaseUnavailable(error.driverError);
}

/** The name of the unique constraint or index that a statement violated, if it did. */
export function violatedUniqueConstraint(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const source: unknown = 'driverError' in error ? error.driverError : error;
  if (errorCode(source) !== '23505') return undefined;
  const constraint = (source as { constraint?: unknown }).constraint;
  return typeof constraint === 'string' ? constraint : '';
}
