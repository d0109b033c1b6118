import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../launch/build.mts';
import { root } from '../launch/paths.mts';
import { generate, generatedPaths } from '../generate/main.mts';

/** Makes all generated files anew in place of the kept ones and puts the kept ones back. @returns the differences. */
export async function staleGeneratedFiles(): Promise<string> {
  const kept = mkdtempSync(path.join(tmpdir(), 'system-update-generated-'));
  try {
    for (const item of generatedPaths) cpSync(path.join(root, item), path.join(kept, item), { recursive: true });
    await build({ only: 'server' });
    await generate();
    const differences = generatedPaths.map((item) => {
      const { stdout } = spawnSync('diff', ['-ru', path.join(kept, item), path.join(root, item)], { encoding: 'utf8' });
      return stdout.split('\n').slice(0, 60).join('\n');
    });
    return differences
      .filter((text) => text !== '')
      .map((text) => `${text}\nRun npm run generate and commit.`)
      .join('\n');
  } finally {
    for (const item of generatedPaths) {
      rmSync(path.join(root, item), { recursive: true, force: true });
      cpSync(path.join(kept, item), path.join(root, item), { recursive: true });
    }
    rmSync(kept, { recursive: true });
  }
}
