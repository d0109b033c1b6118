import { accessSync, constants } from 'node:fs';
import { z } from 'zod';
import { parseKeyring } from '../secrets/keyring';

/** Errors say what a value has to be: the variable's name stands in front of them, the value behind. */
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${String(min)} to ${String(max)}`;
  return z
    .string({ error })
    .transform((text) => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN))
    .pipe(z.number({ error }).min(min, { error }).max(max, { error }));
}

const text = z.string().min(1);
const file = text.refine(isReadable, { error: 'must name a file that can be read' });

/** Nothing but scheme, host and port: the rest would be dropped, or shown to everybody who sees a link. */
function isOrigin(value: string): boolean {
  const { username, password, pathname, search, hash } = new URL(value);
  return pathname === '/' && [username, password, search, hash].every((part) => part === '');
}

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
});
const networks = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .pipe(
    z.array(network.refine((value) => !value.endsWith('/0'), { error: 'must not name everybody: give your proxies' })),
  );

const keyring = text.superRefine((value, context) => {
  try {
    parseKeyring(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.addIssue({
      code: 'custom',
      message: `must be "id:base64 of 32 bytes", several separated by commas: ${reason}`,
    });
  }
});

/**
 * Every setting of the product, by its environment variable.
 *
 * A variable `X` marked as a secret below may instead be given as `X_FILE`, the path of a file that holds it.
 */
export const environmentSchema = z.object({
  /** What this process does: serve HTTP (`api`), run jobs (`worker`) or both (`all`). */
  ROLE: oneOf(['all', 'api', 'worker']).default('all'),
  HOST: text.default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(8460),
  /** The address people type. Needed on any other address than loopback: cookies and origins are checked against it. */
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address', abort: true })
    .refine(isOrigin, { error: 'must be an address without user, path, query or fragment' })
    .optional(),
  TLS_CERT_FILE: file.optional(),
  TLS_KEY_FILE: file.optional(),
  /** Addresses or networks (CIDR) of reverse proxies whose `X-Forwarded-*` headers are believed. */
  TRUSTED_PROXIES: networks.default([]),
  DATABASE_URL: z
    .string({ error: 'must begin with postgres:// or postgresql://' })
    .refine((value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value), {
      error: 'must begin with postgres:// or postgresql:// and be a well-formed address',
    }),
  DATABASE_POOL_SIZE: wholeNumber(2, 200).default(20),
  /** Where keys, artifacts and reports are kept. */
  DATA_DIR: text.default('data'),
  /** `id:base64 of 32 bytes`, several separated by commas, the first encrypts; empty: `DATA_DIR/keys/keyring`. */
  ENCRYPTION_KEYS: keyring.optional(),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Jobs that one worker process runs at a time. */
  WORKER_CONCURRENCY: wholeNumber(1, 500).default(20),
  /** Jobs that the whole fleet runs at a time, over all worker processes. */
  FLEET_CONCURRENCY: wholeNumber(1, 5000).default(100),
  /** Jobs that begin within a second, over all worker processes. */
  FLEET_START_RATE: wholeNumber(1, 5000).default(50),
  /** The built portal; empty string serves none. */
  PORTAL_DIR: z.string().optional(),
});

export type Environment = z.infer<typeof environmentSchema>;
export type Setting = keyof Environment;

/** Variables that may come from a file named by `<name>_FILE`; their values never appear in logs. */
export const secretVariables = ['DATABASE_URL', 'ENCRYPTION_KEYS'] as const;

function isReadable(name: string): boolean {
  try {
    accessSync(name, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
