import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

it.each(['apt-upgrade-plan.sh', 'apt-marks-plan.sh', 'service-restart-plan.sh'])(
  '%s works in memory, which is there when the disk is full',
  (name) => {
    const work = mkdtempSync(path.join(tmpdir(), 'plan-folder-'));
    // The first place that is asked for is the one that is taken.
    writeFileSync(
      path.join(work, 'mktemp'),
      `#!/bin/sh\necho "$*" >'${work}/asked'\nmkdir '${work}/made' && echo '${work}/made'\n`,
    );
    chmodSync(path.join(work, 'mktemp'), 0o755);
    const script = readFileSync(path.join(__dirname, '..', 'scripts', name), 'utf8');
    const around = `PATH='${work}':$PATH\nsection() { :; }\nmarks_environment() { :; }\n`;
    const { status } = spawnSync('sh', ['-c', `${around}${script}`], { encoding: 'utf8' });
    const asked = readFileSync(path.join(work, 'asked'), 'utf8');
    rmSync(work, { recursive: true });
    expect({ status, asked }).toEqual({
      status: 0,
      asked: expect.stringContaining('-d /run/system-update-') as string,
    });
  },
);
