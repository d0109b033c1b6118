import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, realpath, rename, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../database/ids';
import { Config } from '../config/config';

/** A file as it lies in the store. */
export interface StoredFile {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

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
   * Writes a file whole or not at all, durably; one that is there already is replaced.
   * @param through what the source goes through on its way, such as a compression
   * @throws Error when the path leads out of the store, and whatever the source or the disk throws
   */
  async write(relative: string, source: Readable, through: readonly Transform[] = []): Promise<StoredFile> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const root = await realpath(this.folder);
    const file = path.resolve(root, relative);
    if (!file.startsWith(`${root}${path.sep}`)) throw outside();
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    const folder = await realpath(path.dirname(file));
    if (!`${folder}${path.sep}`.startsWith(`${root}${path.sep}`)) throw outside();
    const unfinished = path.join(folder, `.${newId()}`);
    try {
      const stored = await writeHashed(unfinished, [source, ...through]);
      await rename(unfinished, path.join(folder, path.basename(file)));
      await synced(folder);
      return stored;
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  /**
   * A file's content, after a look at every byte of it.
   * @returns null when it is missing, or is not what was written
   * @throws Error when the path leads out of the store
   */
  async read(relative: string, expected: StoredFile): Promise<Readable | null> {
    try {
      const root = await realpath(this.folder);
      const file = await realpath(path.resolve(root, relative));
      if (!file.startsWith(`${root}${path.sep}`)) throw outside();
      const hash = createHash('sha256');
      let bytes = 0;
      for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      const same = bytes === expected.bytes && hash.digest('hex') === expected.sha256;
      return same ? createReadStream(file) : null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
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
        throw outside();
      }
      await unlink(path.join(folder, path.basename(file)));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function writeHashed(file: string, source: readonly (Readable | Transform)[]): Promise<StoredFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline([...source, counted, createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true })]);
  return { bytes, sha256: hash.digest('hex') };
}

/** The name of a new file is durable only once its folder is. */
async function synced(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function outside(): Error {
  return new Error('The path of an artifact leads out of the store.');
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
