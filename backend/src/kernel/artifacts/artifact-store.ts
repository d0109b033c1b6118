import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
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
    const unfinished = path.join(folder, unfinishedName());
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

  /**
   * Removes what killed processes left half written. Should its writer live after all, its writing fails, and nothing
   * else is harmed.
   * @param before a file that was written to since then stays
   * @param signal ends it after the present file
   * @returns how many went
   */
  async removeUnfinished(before: Date, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for await (const file of unfinishedIn(this.folder)) {
      if (signal.aborted) break;
      try {
        if ((await stat(file)).mtime >= before) continue;
        await unlink(file);
        removed += 1;
      } catch (error) {
        // Its writer has just finished it.
        if (!isMissing(error)) throw error;
      }
    }
    return removed;
  }
}

const UNFINISHED = /^\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of no file that a row can name: those of the product never begin with a dot. */
function unfinishedName(): string {
  return `.${newId()}`;
}

/** Links are not followed: what they point to is not ours. A folder that is not there holds nothing. */
async function* unfinishedIn(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  for (const entry of entries) {
    const found = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* unfinishedIn(found);
    else if (entry.isFile() && UNFINISHED.test(entry.name)) yield found;
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
