import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CommandError, say } from './output.mts';
import { cli, entry, node, portal, root, settingsCheck } from './paths.mts';
import { run, Service } from './processes.mts';

const { inUseBy, PostgresError, startPostgres } = createRequire(import.meta.url)(
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

export function hasOwnDatabase(): boolean {
  return (process.env['DATABASE_URL'] ?? '') !== '' || (process.env['DATABASE_URL_FILE'] ?? '') !== '';
}

const databaseFolder = (dataDir: string): string => path.join(dataDir, 'postgres');

/**
 * Before anything is built or started: a second start would otherwise take away what the first one runs.
 * @throws CommandError when a living program has its database there
 */
export function refuseSecondStart(dataDir: string): void {
  const owner = hasOwnDatabase() ? null : inUseBy(databaseFolder(dataDir));
  if (owner === null) return;
  throw new CommandError(
    `system_update runs already with this data folder (process ${String(owner)}, ${dataDir}). Stop it first, or set another DATA_DIR.`,
  );
}

/** PostgreSQL of the user's choice, or the embedded one with its data kept in the data folder. */
async function database({
  dataDir,
  onEnd,
}: StartOptions): Promise<{ url: string; stop: () => Promise<void>; discard: () => Promise<void> }> {
  if (hasOwnDatabase()) {
    const leave = (): Promise<void> => Promise.resolve();
    return { url: process.env['DATABASE_URL'] ?? '', stop: leave, discard: leave };
  }
  try {
    return await startPostgres({
      dataDir: databaseFolder(dataDir),
      durable: true,
      logFile: path.join(dataDir, 'postgres.log'),
      onRestart: (how) => {
        say(`PostgreSQL ended by itself (${how}) and was started again.`);
      },
      onEnd,
    });
  } catch (error) {
    throw error instanceof PostgresError ? new CommandError(error.message, { cause: error }) : error;
  }
}

function serverSettings(dataDir: string, databaseUrl: string): NodeJS.ProcessEnv {
  return {
    LOG_LEVEL: 'warn',
    ...process.env,
    ...(databaseUrl === '' ? {} : { DATABASE_URL: databaseUrl }),
    DATA_DIR: dataDir,
    PORTAL_DIR: portal,
    NODE_ENV: 'production',
  };
}

/**
 * Lets the server look at its settings, before anything is built or started for it.
 * @throws CommandError with everything that is wrong with them
 */
export async function checkSettings(dataDir: string, signal: AbortSignal): Promise<void> {
  const env = serverSettings(dataDir, hasOwnDatabase() ? '' : 'postgres://127.0.0.1/postgres');
  await run(node, [settingsCheck], { cwd: root, env, output: 'capture', explains: true, signal });
}

/** Runs commands of the server (see `cli.ts`). @returns what they printed */
const commands =
  (env: NodeJS.ProcessEnv) =>
  (args: readonly string[], input = ''): Promise<string> =>
    run(node, [cli, ...args], { cwd: root, env, input, output: 'capture', explains: true });

/**
 * Runs one of the server's commands while no server runs: on the user's database, or on the one that is brought along, which is started
 * for just that. It is migrated first, as a start does.
 */
export async function commandAlone(dataDir: string, args: readonly string[]): Promise<string> {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const postgres = await database({ dataDir, onEnd: () => undefined, signal: new AbortController().signal });
  try {
    const command = commands(serverSettings(dataDir, postgres.url));
    await command(['migrate']);
    return await command(args);
  } finally {
    await postgres.stop();
  }
}

/** Starts database and server. Whatever was started is stopped again when a later step fails. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o755 });
  const postgres = await database(options);
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
    const env = serverSettings(options.dataDir, postgres.url);
    const command = commands(env);
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
