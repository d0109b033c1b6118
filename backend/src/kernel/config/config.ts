import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crossChecks, environmentSchema, isLoopback, secretVariables, type Environment } from './config.schema';

/** All that is wrong with the configuration, in one error. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** The validated settings of this process; injected wherever a setting is needed. */
export class Config {
  readonly servesHttp: boolean;
  readonly runsJobs: boolean;
  /** True when browsers reach us over HTTPS, directly or through the named proxy. */
  readonly secure: boolean;
  readonly dataDir: string;

  constructor(readonly env: Readonly<Environment>) {
    this.servesHttp = env.ROLE !== 'worker';
    this.runsJobs = env.ROLE !== 'api';
    this.secure = env.TLS_CERT_FILE !== undefined || env.PUBLIC_URL?.startsWith('https://') === true;
    this.dataDir = path.resolve(env.DATA_DIR);
  }

  /** Origins that a browser may call us from. With port 0 the listening port is only known later and is passed in. */
  allowedOrigins(listeningPort: number = this.env.PORT): string[] {
    const origins = this.env.PUBLIC_URL === undefined ? [] : [new URL(this.env.PUBLIC_URL).origin];
    if (isLoopback(this.env.HOST)) {
      const scheme = this.env.TLS_CERT_FILE === undefined ? 'http' : 'https';
      const hosts = new Set([
        'localhost',
        '127.0.0.1',
        '[::1]',
        this.env.HOST.includes(':') ? `[${this.env.HOST}]` : this.env.HOST,
      ]);
      for (const host of hosts) origins.push(new URL(`${scheme}://${host}:${String(listeningPort)}`).origin);
    }
    return origins;
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

function withFiles(variables: Variables, problems: string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    // An empty variable is one that a compose file passed through unset.
    if (value !== undefined && value !== '') result[name] = value;
  }
  for (const name of secretVariables) {
    const file = result[`${name}_FILE`];
    if (file === undefined) continue;
    if (result[name] !== undefined) problems.push(`${name} and ${name}_FILE: give only one of them`);
    try {
      result[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.push(`${name}_FILE: cannot read ${file} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  return result;
}

/**
 * Reads and checks all settings at once.
 *
 * @throws ConfigError that lists everything wrong, never the values of secrets.
 */
export function loadConfig(variables: Variables): Config {
  const problems: string[] = [];
  const parsed = environmentSchema.safeParse(withFiles(variables, problems));
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(problems);
  }
  problems.push(...crossChecks(parsed.data));
  if (problems.length > 0) throw new ConfigError(problems);
  return new Config(parsed.data);
}
