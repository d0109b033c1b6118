import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { say } from './output.mts';
import { node, root } from './paths.mts';
import { run } from './processes.mts';

interface Part {
  readonly name: 'server' | 'portal';
  readonly sources: readonly string[];
  readonly command: readonly string[];
  readonly result: string;
  /** Removed first: a file whose source is gone would still be found by its folder. */
  readonly outputs: readonly string[];
}

const parts: readonly Part[] = [
  {
    name: 'server',
    sources: ['backend/src', 'migrations', 'nest-cli.json', 'tsconfig.backend.json', 'package-lock.json'],
    command: ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
    result: 'dist/backend/src/main.js',
    outputs: ['dist/backend', 'dist/migrations'],
  },
  {
    name: 'portal',
    sources: ['frontend', 'angular.json', 'package-lock.json'],
    command: ['node_modules/@angular/cli/bin/ng.js', 'build'],
    result: 'dist/frontend/browser/index.html',
    outputs: ['dist/frontend'],
  },
];

function files(entry: string): string[] {
  const full = path.join(root, entry);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [entry];
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(entry, name))
    .filter((name) => statSync(path.join(root, name)).isFile())
    .sort();
}

/** A digest of names and contents: time stamps of a fresh clone say nothing. */
function digest(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(files))
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** Builds what changed since it was last built; `only` one part of it when named. */
export async function build(options: { signal?: AbortSignal; only?: 'server' | 'portal' } = {}): Promise<void> {
  const { signal, only } = options;
  for (const part of parts) {
    if (only !== undefined && part.name !== only) continue;
    const stamp = path.join(root, 'dist', `.${part.name}.sha256`);
    const current = digest(part.sources);
    if (existsSync(stamp) && existsSync(path.join(root, part.result)) && readFileSync(stamp, 'utf8') === current)
      continue;
    say(`Building the ${part.name} …`);
    for (const output of part.outputs) rmSync(path.join(root, output), { recursive: true, force: true });
    await run(node, part.command, {
      cwd: root,
      env: { ...process.env, NG_CLI_ANALYTICS: 'false' },
      ...(signal === undefined ? {} : { signal }),
    });
    writeFileSync(stamp, current);
  }
}
