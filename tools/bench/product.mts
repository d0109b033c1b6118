import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { entry } from '../launch/paths.mts';
import { startServer, type RunningServer } from '../launch/server.mts';
import { childWith } from './measure.mts';

/** The product with a database of its own that goes away with it, and somebody signed in. */
export interface Product {
  readonly server: RunningServer;
  readonly databaseUrl: string;
  readonly pid: number;
  /** Of whoever is signed in. */
  readonly cookie: string;
  /** Calls the HTTP API. @returns the JSON answer @throws Error with the answer when it is a refusal */
  call(method: 'GET' | 'POST', route: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startProduct(signal: AbortSignal, parallel: number): Promise<Product> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'system-update-bench-'));
  process.env['PORT'] = '0';
  process.env['HOST'] = '127.0.0.1';
  process.env['WORKER_CONCURRENCY'] = String(parallel);
  // A database of the user's would be filled with ten thousand machines.
  for (const name of ['DATABASE_URL', 'DATABASE_URL_FILE']) Reflect.deleteProperty(process.env, name);
  const discard = (): void => rmSync(dataDir, { recursive: true, force: true });
  let stopping = false;
  try {
    const onEnd = (why: string): void => {
      if (!stopping) process.stderr.write(`${why}\n`);
    };
    const server = await startServer({ dataDir, signal, onEnd });
    const stop = async (): Promise<void> => {
      stopping = true;
      await server.discard();
      discard();
    };
    try {
      const signedIn = await signIn(server);
      return { server, databaseUrl: server.env['DATABASE_URL'] ?? '', pid: childWith(entry), ...signedIn, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    discard();
    throw error;
  }
}

async function signIn(server: RunningServer): Promise<Pick<Product, 'call' | 'cookie'>> {
  const headers: Record<string, string> = {
    'X-System-Update': '1',
    Origin: server.origin,
    'Content-Type': 'application/json',
  };
  const send = async (method: string, route: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${server.origin}/api${route}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${String(response.status)} ${await response.text()}`);
    return response;
  };
  const link = (await server.command(['setup-link', server.origin])).trim();
  const token = /#token=(\S+)/.exec(link)?.[1];
  const password = randomBytes(18).toString('base64url');
  const accepted = await send('POST', '/links/accept', { token, username: 'bench', displayName: 'Bench', password });
  const cookie = accepted.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
  headers['Cookie'] = cookie;
  return { cookie, call: async (method, route, body) => (await send(method, route, body)).json() };
}
