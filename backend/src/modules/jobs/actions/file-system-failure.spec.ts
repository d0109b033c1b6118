import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFailure } from '../worker/change-failures';
import { fileSystemFailure } from './file-system-failure';

const MKTEMP = 'mktemp: failed to create directory via template ‘/tmp/tmp.XXXXXXXXXX’:';

it.each([
  [`${MKTEMP} No space left on device`, 'no_space'],
  [`${MKTEMP} No space left on device\nsystem-update: no_inodes /tmp`, 'no_inodes'],
  [`${MKTEMP} No space left on device\nsystem-update: no_inodes /run`, 'no_space'],
  [`${MKTEMP} Read-only file system`, 'read_only_fs'],
  ["mkdir: cannot create directory '/var/lib/system-update': Read-only file system", 'read_only_fs'],
  ['sh: 1: cannot create /var/lib/system-update/start.lock: No space left on device', 'no_space'],
])('what could not be written is told by its reason: %s', (said, kind) => {
  const failure = fileSystemFailure(`something else\n${said}\n`);
  expect(failure).toMatchObject({ kind, action: expect.stringMatching(/^Nothing was changed\./) as string });
  expect(failure?.message).toContain(said.split('\n')[0]);
  // A run that could not be started for want of it says the same.
  expect(startFailure({ kind: 'failed', reason: said })).toEqual(fileSystemFailure(said));
});

it('says nothing of other failures', () => {
  expect(fileSystemFailure('mktemp: unrecognized option')).toBeNull();
  expect(startFailure({ kind: 'failed', reason: 'no unit' })).toMatchObject({ kind: 'start_failed' });
});

describe('the prelude', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(path.join(tmpdir(), 'no-inodes-'));
  });
  afterEach(() => {
    rmSync(work, { recursive: true });
  });

  it('names the file systems without an inode, of those that count them', () => {
    const table = [
      'Filesystem Inodes IUsed IFree IUse% Mounted on',
      '/dev/vda1 1000 1000 0 100% /',
      'tmpfs 1000 10 990 1% /run',
      '/dev/vda1 1000 1000 0 100% /',
      '/dev/vdb 0 0 0 - /var',
    ];
    writeFileSync(path.join(work, 'df'), `#!/bin/sh\ncat <<'T'\n${table.join('\n')}\nT\n`);
    chmodSync(path.join(work, 'df'), 0o755);
    const file = path.join(__dirname, '../../../kernel/ssh/scripts/prelude.sh');
    const function_ = /^su_no_inodes\(\) \{.*?^\}/ms.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
    const script = `PATH='${work}':$PATH\n${function_}\nsu_no_inodes`;
    const { stderr, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect({ stderr, status }).toEqual({ stderr: 'system-update: no_inodes /\n', status: 0 });
  });
});
