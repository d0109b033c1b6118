import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { changingScript } from './detached-scripts';

const PLAN = 'a\nb\n';

/** The folder of a run. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'changes-'));
  mkdirSync(path.join(folder, 'facts'));
  const digest = createHash('sha256').update(PLAN).digest('hex');
  for (const [name, text] of Object.entries({ log: '', plan: PLAN, digest: `${digest}\n` })) put(name, text);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const put = (name: string, text: string): void => {
  writeFileSync(path.join(folder, name), text);
};
/** As on a disk without room: whatever is written there fails. */
const full = (...names: string[]): void => {
  for (const name of names) symlinkSync('/dev/full', path.join(folder, name));
};
/** What stays without room has no end when it is read. */
const read = (name: string): string | null => {
  const file = path.join(folder, name);
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : found.isFile() ? readFileSync(file, 'utf8') : 'no room';
};
const run = (script: string, parameters = '') => {
  put('parameters', parameters);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', changingScript(`${script}\necho went on`), 'sh', folder], {
    encoding: 'utf8',
    timeout: 5000,
    env: { ...process.env, LINES: path.join(folder, 'lines'), SU_DETACHED: 'run' },
  });
  return { status, changed: stdout.includes('went on'), stderr, ending: read('ending') };
};
const confirm = (lines: string, script = 'confirm_plan "$LINES"') => {
  put('lines', lines);
  return run(script);
};
const noRoom = {
  status: 73,
  changed: false,
  ending: null,
  stderr: expect.stringMatching(/No space left on device\n.*cannot be written down, so it ends\n$/s) as string,
};

describe('what a change goes by before it changes anything', () => {
  it('is the confirmed plan, in whatever order and however often it is told', () => {
    expect(confirm('b\na\nb\n')).toEqual({ status: 0, changed: true, stderr: '', ending: null });
  });

  it('is no other plan; the difference is kept', () => {
    expect(confirm('c\nb\n')).toEqual({ status: 0, changed: false, stderr: '', ending: 'drifted\n' });
    expect({ missing: read('drift.missing'), added: read('drift.added') }).toEqual({ missing: 'a\n', added: 'c\n' });
    rmSync(path.join(folder, 'ending'));
    expect(confirm('')).toEqual({ status: 0, changed: false, stderr: '', ending: 'drifted\n' });
  });

  it('needs no room for a plan that is kept to', () => {
    full('plan.found', 'drift.missing', 'drift.added', 'ending');
    expect(confirm(PLAN)).toEqual({ status: 0, changed: true, stderr: '', ending: 'no room' });
  });

  it.each(['drift.missing', 'drift.added', 'ending'])(
    'is told as no difference where there is no room for it: %s',
    (name) => {
      full(name);
      expect(confirm('c\nb\n')).toEqual(noRoom);
      expect([read('drift.missing'), read('drift.added')]).toEqual([null, null]);
    },
  );

  it('is not what cannot be read', () => {
    expect(run('confirm_plan "$LINES"')).toMatchObject({ status: 73, changed: false, ending: null });
  });

  it('is nothing once somebody has removed the folder of the run', () => {
    const script = `confirm_plan "$LINES"; cp "$LINES" "$LINES.kept"; mv '${folder}' '${folder}.gone'
      confirm_plan '${folder}.gone/lines'`;
    try {
      expect(confirm(PLAN, script)).toMatchObject({ status: 73, changed: false });
    } finally {
      rmSync(`${folder}.gone`, { recursive: true });
    }
  });
});

describe('a change that is to end before it has begun', () => {
  it('says why: somebody asked for it, or its window closes', () => {
    put('stop', '');
    expect(run('step check')).toMatchObject({ status: 0, changed: false, ending: 'stopped\n' });
    for (const name of ['stop', 'ending']) rmSync(path.join(folder, name));
    put('begin_before', '0\n');
    expect(run('begin_in_time')).toMatchObject({ status: 0, changed: false, ending: 'stopped\n' });
    expect(read('facts/window_closed.code')).toBe('0\n');
  });

  it('ends as it must where there is no room to say so', () => {
    full('ending');
    put('stop', '');
    expect(run('step check')).toEqual(noRoom);
    rmSync(path.join(folder, 'stop'));
    put('begin_before', '0\n');
    full('facts/window_closed.code');
    expect(run('begin_in_time')).toMatchObject({ status: 73, changed: false, ending: null });
  });

  it('does not begin where it cannot note until when it may', () => {
    full('begin_before');
    expect(run(':', 'BEGIN_WITHIN=60\n')).toEqual(noRoom);
  });
});

it('a fact that cannot be kept is none', () => {
  full('facts/seen.code');
  expect(run('keep seen true || exit 5')).toMatchObject({ status: 5 });
});
