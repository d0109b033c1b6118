import { Client } from 'pg';
import { migrate } from '../../src/kernel/database/migrate';

/**
 * Migrates the database at the first argument in a process of its own, and tells its parent each statement that
 * changes something before it is sent. With a second argument it dies of SIGKILL in place of sending that statement.
 */
async function main(url: string, killAt: string | undefined): Promise<void> {
  const send = Client.prototype.query as (...args: unknown[]) => unknown;
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const statement = described(args);
    if (CHANGES.test(statement)) {
      if (statement === killAt) process.kill(process.pid, 'SIGKILL');
      process.send?.({ statement });
    }
    return send.apply(this, args);
  } as typeof Client.prototype.query;
  const { applied } = await migrate({ url });
  process.send?.({ applied });
}

const CHANGES = /^(CREATE|ALTER|DROP|COMMENT|INSERT|UPDATE|DELETE|SET|RESET|WITH|BEGIN|START|COMMIT)\b/;

/** `query(text, values)` or `query({ text, values })`. */
function described([given, values]: unknown[]): string {
  const text = typeof given === 'string' ? given : (given as { text: string }).text;
  return `${text.trim()}${Array.isArray(values) && values.length > 0 ? ` -- ${values.join(', ')}` : ''}`;
}

const [url, killAt] = process.argv.slice(2);
if (url === undefined) throw new Error('the address of the database is missing');
main(url, killAt).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
