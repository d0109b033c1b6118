import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from 'pg';
import { until } from './ssh-wait';
import { forkTypeScript } from './typescript-process';

/** A migration in a process of its own. */
export interface MigratingProcess {
  /** The statements that it has sent so far, those that change something. */
  readonly statements: readonly string[];
  kill(): void;
  /** Resolves when the process is gone and the server has noticed. */
  readonly ended: Promise<{ signal: string | null; code: number | null; applied: string[] | null }>;
}

/** @param killAt the statement (as in {@link MigratingProcess.statements}) in place of which the process dies */
export function migrateInProcess(databaseUrl: string, killAt?: string): MigratingProcess {
  const name = `migrating-${randomUUID()}`;
  const named = new URL(databaseUrl);
  named.searchParams.set('application_name', name);
  const args = [named.toString(), ...(killAt === undefined ? [] : [killAt])];
  const child = forkTypeScript(join(__dirname, 'migrate-child.ts'), args);
  const statements: string[] = [];
  let applied: string[] | null = null;
  child.on('message', (message: { statement?: string; applied?: string[] }) => {
    if (message.statement !== undefined) statements.push(message.statement);
    if (message.applied !== undefined) applied = message.applied;
  });
  const ended = (async () => {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    await until('the server notices that the process is gone', () => isGone(databaseUrl, name), 30_000);
    return { signal, code, applied };
  })();
  return { statements, kill: () => void child.kill('SIGKILL'), ended };
}

async function isGone(databaseUrl: string, name: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [name])).rowCount === 0;
  } finally {
    await client.end();
  }
}
