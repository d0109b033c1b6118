import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const root = path.resolve(__dirname, '..', '..', '..');

/** One service of docker-compose.yml. */
export interface ComposedService {
  readonly name: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** `name:path in the container:rw`. */
  readonly volumes: readonly string[];
}

interface Composed {
  readonly services: Readonly<Record<string, Partial<Omit<ComposedService, 'name'>>>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export interface Composition {
  readonly services: readonly ComposedService[];
  readonly volumes: readonly string[];
}

/** Why docker-compose.yml cannot be read here; null when it can. */
export function compositionObstacle(): string | null {
  return existsSync('/usr/bin/docker-compose') ? null : 'docker-compose is not installed';
}

/** docker-compose.yml as docker-compose itself reads it, with one of its profiles. @throws Error with its complaint */
export function composition(profile: string): Composition {
  const settings = { PUBLIC_URL: 'https://system-update.test', TRUSTED_PROXIES: '172.16.0.0/12' };
  const words = ['-f', path.join(root, 'docker-compose.yml'), '--profile', profile, 'config'];
  const { status, stdout, stderr } = spawnSync('docker-compose', words, {
    encoding: 'utf8',
    env: { ...process.env, ...settings },
  });
  if (status !== 0) throw new Error(`docker-compose refuses docker-compose.yml:\n${stderr}`);
  const { services, volumes } = parse(stdout) as Composed;
  return {
    services: Object.entries(services).map(([name, { command = [], environment = {}, volumes: mounted = [] }]) => {
      return { name, command, environment, volumes: mounted };
    }),
    volumes: Object.keys(volumes),
  };
}
