import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config/config';
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
});
