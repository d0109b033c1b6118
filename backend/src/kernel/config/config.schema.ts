import { isIP } from 'node:net';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/**
 * Every setting of the product, by its environment variable.
 *
 * A variable `X` marked as a secret below may instead be given as `X_FILE`, the path of a file that holds it.
 */
export const environmentSchema = z.object({
  /** What this process does: serve HTTP (`api`), run jobs (`worker`) or both (`all`). */
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(8460),
  /** The address people type. Needed on any other address than loopback: cookies and origins are checked against it. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  TLS_CERT_FILE: z.string().min(1).optional(),
  TLS_KEY_FILE: z.string().min(1).optional(),
  /** Addresses or networks (CIDR) of reverse proxies whose `X-Forwarded-*` headers are believed. */
  TRUSTED_PROXIES: list.default([]),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(20),
  /** Where keys, artifacts and reports are kept. */
  DATA_DIR: z.string().min(1).default('data'),
  /** `id:base64 of 32 bytes`, several separated by commas, the first encrypts; empty: `DATA_DIR/keys/keyring`. */
  ENCRYPTION_KEYS: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Jobs that one worker process runs at a time. */
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(500).default(20),
  /** Jobs that the whole fleet runs at a time, over all worker processes. */
  FLEET_CONCURRENCY: z.coerce.number().int().min(1).max(5000).default(100),
  /** The built portal; empty string serves none. */
  PORTAL_DIR: z.string().optional(),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Variables that may come from a file named by `<name>_FILE`; their values never appear in logs. */
export const secretVariables = ['DATABASE_URL', 'ENCRYPTION_KEYS'] as const;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Rules over several variables. Returns one sentence per violation. */
export function crossChecks(env: Environment): string[] {
  const problems: string[] = [];
  const hasCertificate = env.TLS_CERT_FILE !== undefined && env.TLS_KEY_FILE !== undefined;
  if ((env.TLS_CERT_FILE === undefined) !== (env.TLS_KEY_FILE === undefined)) {
    problems.push('TLS_CERT_FILE and TLS_KEY_FILE: give both or neither');
  }
  if (env.ROLE === 'worker' || isLoopback(env.HOST)) return problems;
  if (!hasCertificate && env.TRUSTED_PROXIES.length === 0) {
    problems.push(
      `HOST: ${env.HOST} is not loopback, so HTTPS is required: set TLS_CERT_FILE and TLS_KEY_FILE, or name your HTTPS proxy in TRUSTED_PROXIES`,
    );
  }
  if (env.PUBLIC_URL?.startsWith('https://') !== true) {
    problems.push('PUBLIC_URL: set the https:// address that people type, since HOST is not loopback');
  }
  return problems;
}
