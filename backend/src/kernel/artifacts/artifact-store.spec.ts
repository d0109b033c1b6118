import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { loadConfig } from '../config/config';
import { newId } from '../database/ids';
import { eventually } from '../../../test/support/eventually';
import { ArtifactStore } from './artifact-store';

describe('the artifact store', () => {
  let dataDir: string;
  let store: ArtifactStore;
  const at = (...parts: string[]): string => path.join(dataDir, ...parts);

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'artifacts-'));
    mkdirSync(at('artifacts', 'logs'), { recursive: true });
    writeFileSync(at('artifacts', 'logs', 'a.log'), 'x');
    writeFileSync(at('outside'), 'x');
    store = new ArtifactStore(loadConfig({ DATABASE_URL: 'postgres://u@localhost/d', DATA_DIR: dataDir }));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('removes a file, and is content when it is gone already', async () => {
    await store.remove('logs/a.log');
    expect(existsSync(at('artifacts', 'logs', 'a.log'))).toBe(false);
    await store.remove('logs/a.log');
    await store.remove('never/there.log');
  });

  it.each(['../outside', '/etc/hostname', 'logs/../../outside', '.', '', '..'])('stays inside: %s', async (out) => {
    await expect(store.remove(out)).rejects.toThrow('leads out of the store');
    expect(existsSync(at('outside'))).toBe(true);
  });

  it('follows no link out of the store', async () => {
    mkdirSync(at('elsewhere'));
    writeFileSync(at('elsewhere', 'kept'), 'x');
    symlinkSync(at('elsewhere'), at('artifacts', 'folder'));
    symlinkSync(at('outside'), at('artifacts', 'logs', 'link'));
    await expect(store.remove('folder/kept')).rejects.toThrow('leads out of the store');
    await store.remove('logs/link');
    expect(existsSync(at('elsewhere', 'kept'))).toBe(true);
    expect(existsSync(at('outside'))).toBe(true);
    expect(existsSync(at('artifacts', 'logs', 'link'))).toBe(false);
  });

  it('fails where the store is not to be seen: the file may well be there for another process', async () => {
    rmSync(at('artifacts'), { recursive: true });
    await expect(store.remove('logs/a.log')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('writes a file whole, with its size and hash, and reads it back', async () => {
    const stored = await store.write('runs/2026-11/a.log', Readable.from(['one\n', 'two\n']));
    expect(stored).toEqual({ bytes: 8, sha256: createHash('sha256').update('one\ntwo\n').digest('hex') });
    expect(readFileSync(at('artifacts', 'runs', '2026-11', 'a.log'), 'utf8')).toBe('one\ntwo\n');
    expect(statSync(at('artifacts', 'runs', '2026-11', 'a.log')).mode & 0o777).toBe(0o600);
    const content = await store.read('runs/2026-11/a.log', stored);
    expect(content === null ? null : await text(content)).toBe('one\ntwo\n');
  });

  it('leaves nothing of a file whose source breaks off, and the former one in its place', async () => {
    await store.write('runs/a.log', Readable.from(['former']));
    const broken = Readable.from(
      (function* () {
        yield 'new';
        throw new Error('the source broke');
      })(),
    );
    await expect(store.write('runs/a.log', broken)).rejects.toThrow('the source broke');
    expect(readdirSync(at('artifacts', 'runs'))).toEqual(['a.log']);
    expect(readFileSync(at('artifacts', 'runs', 'a.log'), 'utf8')).toBe('former');
  });

  it('gives no file that is missing, or that is not what was written', async () => {
    const stored = await store.write('runs/a.log', Readable.from(['written']));
    writeFileSync(at('artifacts', 'runs', 'a.log'), 'changed');
    expect(await store.read('runs/a.log', stored)).toBeNull();
    expect(await store.read('runs/never.log', stored)).toBeNull();
  });

  it.each(['../outside', '/etc/x', 'logs/../../outside'])('writes and reads nothing outside: %s', async (out) => {
    await expect(store.write(out, Readable.from(['x']))).rejects.toThrow('leads out of the store');
    expect(readFileSync(at('outside'), 'utf8')).toBe('x');
    symlinkSync(at('outside'), at('artifacts', 'logs', 'link'));
    await expect(store.read('logs/link', { bytes: 1, sha256: '' })).rejects.toThrow('leads out of the store');
  });

  describe('what killed processes left half written', () => {
    const never = new AbortController().signal;
    const before = new Date(Date.now() - 86_400_000);
    const written = (file: string, seconds: number): void => {
      utimesSync(file, before.getTime() / 1000 + seconds, before.getTime() / 1000 + seconds);
    };

    it('goes once nobody has written to it for long', async () => {
      // The store's own unfinished file: its writer stands still for good.
      const source = new Readable({ read: () => undefined });
      source.push('half a line');
      const writing = store.write('runs/2026-11/a.log', source);
      const folder = at('artifacts', 'runs', '2026-11');
      const [unfinished = ''] = await eventually(
        () => (existsSync(folder) ? readdirSync(folder) : []),
        ([name]) => name !== undefined,
      );
      const file = path.join(folder, unfinished);
      await eventually(
        () => statSync(file).size,
        (size) => size > 0,
      );

      written(file, 1);
      expect(await store.removeUnfinished(before, never)).toBe(0);
      written(file, -1);
      expect(await store.removeUnfinished(before, never)).toBe(1);
      expect(readdirSync(folder)).toEqual([]);

      source.push(null);
      await expect(writing).rejects.toMatchObject({ code: 'ENOENT' });
      expect(readdirSync(folder)).toEqual([]);
    });

    it('is nothing else, however old', async () => {
      mkdirSync(at('elsewhere'));
      const old = [at('elsewhere', `.${newId()}`), at('artifacts', '.keep'), at('artifacts', 'logs', newId())];
      for (const file of [...old, at('artifacts', 'logs', 'a.log')]) {
        writeFileSync(file, 'x');
        written(file, -1);
      }
      symlinkSync(at('elsewhere'), at('artifacts', 'folder'));
      mkdirSync(at('artifacts', `.${newId()}`));
      const found = readdirSync(at(), { recursive: true });
      expect(await store.removeUnfinished(new Date(Date.now() + 1_000), never)).toBe(0);
      expect(readdirSync(at(), { recursive: true })).toEqual(found);
    });

    it('is nothing where nothing was ever written, and nothing is removed any more once it is to end', async () => {
      const file = at('artifacts', 'logs', `.${newId()}`);
      writeFileSync(file, 'x');
      written(file, -1);
      expect(await store.removeUnfinished(before, AbortSignal.abort())).toBe(0);
      rmSync(at('artifacts'), { recursive: true });
      expect(await store.removeUnfinished(before, never)).toBe(0);
    });
  });
});
