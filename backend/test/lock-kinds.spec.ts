import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { LOCK_KINDS, RESERVED_LOCK_KINDS } from '../src/modules/jobs/entities/jobs.values';

const modules = path.resolve(__dirname, '../src/modules');

/** What actions of the product say that their lock is for. */
const taken = globSync('*/actions/*.ts', { cwd: modules })
  .filter((file) => !file.endsWith('.spec.ts'))
  .flatMap((file) => [...readFileSync(path.join(modules, file), 'utf8').matchAll(/\blockKind: '(\w+)'/g)])
  .map(([, kind]) => kind);

describe('kinds of locks', () => {
  it('are each taken by an action, or kept for features to come', () => {
    expect([...new Set([...taken, ...RESERVED_LOCK_KINDS])].sort()).toEqual([...LOCK_KINDS].sort());
  });

  it('are no longer kept for later once an action takes them', () => {
    expect(taken.filter((kind) => RESERVED_LOCK_KINDS.some((reserved) => reserved === kind))).toEqual([]);
  });
});
