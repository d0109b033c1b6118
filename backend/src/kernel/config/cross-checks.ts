import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Environment, Setting } from './config.schema';

/** A rule over several settings. */
interface CrossCheck {
  /** Asked only when each of these is well-formed: what is wrong by itself has been told already. */
  readonly about: readonly Setting[];
  /** @returns what is wrong, a sentence */
  readonly broken: (env: Environment) => string | undefined;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const isExposed = ({ ROLE, HOST }: Environment): boolean => ROLE !== 'worker' && !isLoopback(HOST);

const isPlainHttp = (address: string | undefined): address is string =>
  address?.toLowerCase().startsWith('http:') === true;

const hostOf = (address: string): string => new URL(address).hostname.replace(/^\[|\]$/g, '');

const lacksHttps = ({ TLS_CERT_FILE, TRUSTED_PROXIES }: Environment): boolean =>
  TLS_CERT_FILE === undefined && TRUSTED_PROXIES.length === 0;

const REMEDY = 'set TLS_CERT_FILE and TLS_KEY_FILE, or name your HTTPS proxy in TRUSTED_PROXIES';

const crossChecks: readonly CrossCheck[] = [
  {
    about: ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
    broken: ({ TLS_CERT_FILE, TLS_KEY_FILE }) =>
      (TLS_CERT_FILE === undefined) === (TLS_KEY_FILE === undefined)
        ? undefined
        : 'TLS_CERT_FILE and TLS_KEY_FILE: give both or neither',
  },
  {
    about: ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
    broken: ({ TLS_CERT_FILE, TLS_KEY_FILE }) =>
      TLS_CERT_FILE === undefined || TLS_KEY_FILE === undefined
        ? undefined
        : certificateProblem(TLS_CERT_FILE, TLS_KEY_FILE),
  },
  {
    about: ['ROLE', 'HOST', 'TLS_CERT_FILE', 'TRUSTED_PROXIES'],
    broken: (env) =>
      isExposed(env) && lacksHttps(env)
        ? `HOST: ${env.HOST} is not loopback, so HTTPS is required: ${REMEDY}`
        : undefined,
  },
  {
    about: ['ROLE', 'HOST', 'PUBLIC_URL'],
    broken: (env) =>
      isExposed(env) && env.PUBLIC_URL?.startsWith('https://') !== true
        ? 'PUBLIC_URL: set the https:// address that people type, since HOST is not loopback'
        : undefined,
  },
  {
    about: ['ROLE', 'HOST', 'PUBLIC_URL'],
    broken: (env) =>
      !isExposed(env) && isPlainHttp(env.PUBLIC_URL) && !isLoopback(hostOf(env.PUBLIC_URL))
        ? `PUBLIC_URL: ${env.PUBLIC_URL} is not loopback, so it has to be an https:// address`
        : undefined,
  },
  {
    // Plain HTTP is refused then, so that nobody would be answered.
    about: ['ROLE', 'HOST', 'PUBLIC_URL', 'TLS_CERT_FILE', 'TRUSTED_PROXIES'],
    broken: (env) =>
      env.ROLE !== 'worker' && !isExposed(env) && env.PUBLIC_URL?.startsWith('https://') === true && lacksHttps(env)
        ? `PUBLIC_URL is an https:// address: ${REMEDY}`
        : undefined,
  },
];

function certificateProblem(certificate: string, key: string): string | undefined {
  try {
    createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `TLS_CERT_FILE and TLS_KEY_FILE must hold a certificate and its key in PEM form (${reason})`;
  }
}

/**
 * @param env well-formed but for the settings of `wrong`
 * @returns one sentence per violation
 */
export function crossProblems(env: Environment, wrong: ReadonlySet<string>): string[] {
  return crossChecks.flatMap(({ about, broken }) =>
    about.some((setting) => wrong.has(setting)) ? [] : (broken(env) ?? []),
  );
}
