import { realpath, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config';

/**
 * The files that the database only names: logs, exports, reports, recordings. They lie in `DATA_DIR/artifacts`, which
 * all processes share; rows hold paths relative to it.
 */
@Injectable()
export class ArtifactStore {
  private readonly folder: string;

  constructor(config: Config) {
    this.folder = path.join(config.dataDir, 'artifacts');
  }

  /**
   * Removes one file; one that is gone already is fine.
   * @throws Error when the path leads out of the store, or when this process does not see the store at all
   */
  async remove(relative: string): Promise<void> {
    const root = await realpath(this.folder);
    const file = path.resolve(root, relative);
    try {
      // The folder is followed, the file itself is not: a link to somewhere else goes, what it points to stays.
      const folder = await realpath(path.dirname(file));
      if (!`${folder}${path.sep}`.startsWith(`${root}${path.sep}`) || file === root) {
        throw new Error('The path of an artifact leads out of the store.');
      }
      await unlink(path.join(folder, path.basename(file)));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
