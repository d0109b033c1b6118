import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Compiled and source files lie at different depths below the package, so it is searched upwards. */
function readVersion(): string {
  for (let folder = __dirname; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    if (typeof manifest.version === 'string') return manifest.version;
  }
  return '0.0.0';
}

/** The product's version, from its package. */
export const version = readVersion();
