import { readFileSync } from 'node:fs';
import path from 'node:path';
import { StartRefusedError } from '../errors/start-refused';
import { environmentSchema, secretVariables, type Environment } from './config.schema';
import { crossProblems, isLoopback } from './cross-checks';
import { Networks } from './networks';

/** All that is wrong with the configuration, in one error. */
export class ConfigError extends StartRefusedError {
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
  /** HTTPS ends here, not at a proxy. */
  readonly hasCertificate: boolean;
  /** Whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: Networks;
  readonly dataDir: string;

  constructor(readonly env: Readonly<Environment>) {
    this.servesHttp = env.ROLE !== 'worker';
    this.runsJobs = env.ROLE !== 'api';
    this.hasCertificate = env.TLS_CERT_FILE !== undefined;
    this.secure = this.hasCertificate || env.PUBLIC_URL?.startsWith('https://') === true;
    this.trustedProxies = new Networks(env.TRUSTED_PROXIES);
    this.dataDir = path.resolve(env.DATA_DIR);
  }

  /** Origins that a browser may call us from. With port 0 the listening port is only known later and is passed in. */
  allowedOrigins(listeningPort: number = this.env.PORT): string[] {
    const origins = this.env.PUBLIC_URL === undefined ? [] : [new URL(this.env.PUBLIC_URL).origin];
    if (isLoopback(this.env.HOST)) {
      const scheme = this.hasCertificate ? 'https' : 'http';
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

/** Sentences about what is wrong, and the settings that they have told about. */
class Problems {
  readonly sentences: string[] = [];
  readonly settings = new Set<string>();

  add(setting: string, sentence: string): void {
    this.settings.add(setting);
    this.sentences.push(sentence);
  }
}

function withFiles(variables: Variables, problems: Problems): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    // An empty variable is one that a compose file passed through unset.
    if (value !== undefined && value !== '') result[name] = value;
  }
  for (const name of secretVariables) {
    const file = result[`${name}_FILE`];
    if (file === undefined) continue;
    if (result[name] !== undefined) problems.add(name, `${name} and ${name}_FILE: give only one of them`);
    try {
      result[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      problems.add(
        name,
        `${name}_FILE: cannot read ${file} (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }
  return result;
}

/** `PORT must be a whole number from 0 to 65535, not "abc"`; the value of a secret is not repeated. */
function sentenceAbout(name: string, value: string | undefined, rule: string): string {
  if (value === undefined) return `${name} is not set: it ${rule}`;
  const secret = secretVariables.some((secretName) => secretName === name);
  // An address may hold a password although it should not.
  const shown = value.replace(/\/\/[^/?#]*@/, '//***@');
  return secret ? `${name} ${rule}` : `${name} ${rule}, not ${JSON.stringify(shown)}`;
}

/**
 * Reads and checks all settings at once.
 *
 * @throws ConfigError that lists everything wrong, never the values of secrets.
 */
export function loadConfig(variables: Variables): Config {
  const problems = new Problems();
  const given = withFiles(variables, problems);
  const env: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(environmentSchema.shape)) {
    if (problems.settings.has(name)) continue;
    const { data, error } = schema.safeParse(given[name]);
    if (error !== undefined)
      problems.add(name, sentenceAbout(name, given[name], error.issues[0]?.message ?? 'is wrong'));
    else if (data !== undefined) env[name] = data;
  }
  // What is missing here is named in `settings`, and no rule about it is asked.
  const sentences = [...problems.sentences, ...crossProblems(env as Environment, problems.settings)];
  if (sentences.length > 0) throw new ConfigError(sentences);
  return new Config(env as Environment);
}
