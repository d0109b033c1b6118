import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { cli, entry, node, portal, root } from './paths.mts';
import { run, Service } from './processes.mts';

const { startPostgres } = createRequire(import.meta.url)(
  '../postgres/embedded.cjs',
) as typeof import('../postgres/embedded.cjs');

/** Longer than the server's own limit for a clean stop. */
const STOP_GRACE_MS = 50_000;
const READY_LIMIT_MS = 90_000;
/**
 * A young generation of this size costs a fifth less CPU per analysis than a quarter of it, and little memory: what machines
 * print is collected by its own count (`kernel/ssh/young-garbage.ts`). The files in `deploy/` say the same.
 */
const NODE_FLAGS = ['--max-semi-space-size=8', '--enable-source-maps'];

export interface RunningServer {
  readonly origin: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs one of the server's own commands (see `cli.ts`). @returns what it printed. */
  command(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
  /** Stops it and removes the data of the database that it brought along; a database of the user's stays as it is. */
  discard(): Promise<void>;
}

export interface StartOptions {
  readonly dataDir: string;
  /** Called once when the server ends by itself. */
  readonly onEnd: (why: string) => void;
  readonly signal: AbortSignal;
}

/** PostgreSQL of the user's choice, or the embedded one with its data kept in the data folder. */
async function database(
  dataDir: string,
): Promise<{ url: string; stop: () => Promise<void>; discard: () => Promise<void> }> {
  const given = process.env['DATABASE_URL'] ?? '';
  if (given !== '' || (process.env['DATABASE_URL_FILE'] ?? '') !== '') {
    const leave = (): Promise<void> => Promise.resolve();
    return { url: given, stop: leave, discard: leave };
  }
  const folder = path.join(dataDir, 'postgres');
  return startPostgres({ dataDir: folder, durable: true, logFile: path.join(dataDir, 'postgres.log') });
}

/** Starts database and server. Whatever was started is stopped again when a later step fails. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o755 });
  const postgres = await database(options.dataDir);
  let service: Service | undefined;
  const stop = async (): Promise<void> => {
    await service?.stop(STOP_GRACE_MS);
    await postgres.stop();
  };
  const discard = async (): Promise<void> => {
    await stop();
    await postgres.discard();
  };
  try {
    const env: NodeJS.ProcessEnv = {
      LOG_LEVEL: 'warn',
      ...process.env,
      ...(postgres.url === '' ? {} : { DATABASE_URL: postgres.url }),
      DATA_DIR: options.dataDir,
      PORTAL_DIR: portal,
      NODE_ENV: 'production',
    };
    const command = (args: readonly string[], input = ''): Promise<string> =>
      run(node, [cli, ...args], { cwd: root, env, input, output: 'capture' });
    await command(['migrate']);
    service = Service.start('server', node, [...NODE_FLAGS, entry], env, (_name, code) => {
      options.onEnd(`The server ended by itself (${code === null ? 'killed' : `exit ${String(code)}`}).`);
    });
    const origin = await service.listening(READY_LIMIT_MS, options.signal);
    return { origin, env, command, stop, discard };
  } catch (error) {
    await stop();
    throw error;
  }
}
