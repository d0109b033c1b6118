import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../launch/paths.mts';

interface Entry {
  readonly optionalDependencies?: Record<string, string>;
}

/**
 * Optional platform packages that `npm install` dropped because the registry lacked them: the next `npm ci` would
 * refuse the lockfile. @returns one line per hole.
 */
export function lockfileHoles(): string {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>;
  };
  const holes: string[] = [];
  for (const [location, entry] of Object.entries(lock.packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const nested = location === '' ? `node_modules/${name}` : `${location}/node_modules/${name}`;
      if (!(nested in lock.packages) && !(`node_modules/${name}` in lock.packages))
        holes.push(`${location} lacks ${name}`);
    }
  }
  return holes.join('\n');
}
