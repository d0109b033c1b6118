import { Client, type ClientConfig } from 'pg';

type Send = (...args: unknown[]) => unknown;

/**
 * A connection that refuses `undefined` as a bound value. `pg` would send NULL for it: a forgotten id then matches
 * nothing, or, in a condition such as `:id IS NULL OR id = :id`, everything. TypeORM itself guards its find options
 * only, not its query builders or raw SQL; here all of them pass.
 */
export class StrictClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // A server that goes away says so by more than one error event, and between the hands of the pool and of TypeORM
    // nobody listens; Node ends the process over an error event without a listener. Whoever uses the connection learns
    // of it by the failure of the statement, and the pool drops it.
    this.on('error', () => undefined);
    const send = this.query.bind(this) as Send;
    this.query = ((...args: unknown[]) => {
      const position = boundValues(args).indexOf(undefined);
      return position === -1 ? send(...args) : refuse(position, args.at(-1));
    }) as typeof this.query;
  }
}

/** The values of `query(text, values)` or `query({ text, values })`. */
function boundValues([statement, values]: unknown[]): readonly unknown[] {
  if (Array.isArray(values)) return values;
  if (typeof statement !== 'object' || statement === null || !('values' in statement)) return [];
  return Array.isArray(statement.values) ? statement.values : [];
}

function refuse(position: number, last: unknown): unknown {
  const error = new TypeError(`The value for $${String(position + 1)} of a statement is undefined.`);
  if (typeof last !== 'function') return Promise.reject(error);
  process.nextTick(last, error);
  return undefined;
}
