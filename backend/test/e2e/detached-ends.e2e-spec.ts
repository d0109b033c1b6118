import { createHash, randomUUID } from 'node:crypto';
import {
  closeConnections,
  connect,
  detachedTargets,
  folder,
  followed,
  installation,
  run,
  sh,
  whole,
} from '../support/detached-targets';
import { eventually } from '../support/eventually';
import { fleet } from '../support/real-machines';
import { sshFailure } from '../support/ssh-expect';

const stranger = { id: randomUUID(), epoch: 1 };

afterEach(closeConnections);

describe.each(detachedTargets)('the end of a detached run on %s', (_name, target) => {
  it('is not over while anything of it lives; without a result it is interrupted', async () => {
    const { runs } = await connect(target);
    const start = run('sleep 300');
    await runs.start(start);
    sh(target, `read -r pid _ <${folder(start)}/process; kill -9 "$pid"`);
    // Its head is gone; the rest works on, and keeps others out.
    expect((await runs.start(start)).state.kind).toBe('running');
    expect((await runs.start(run('true'))).outcome).toMatchObject({ kind: 'busy', holder: { runId: start.id } });
    sh(target, `kill -9 $(grep -ls SU_DETACHED=${start.id} /proc/[0-9]*/environ | cut -d/ -f3)`);
    const state = await runs.follow({ id: start.id, offset: 0, onPiece: () => undefined });
    expect(state).toMatchObject({ kind: 'interrupted', rebooted: false, result: null });
    await whole(runs, run('true'));
  });

  it.each(['while its script works', 'once its script has ended'])(
    'tells how it ended, though its head was killed %s',
    async (when) => {
      const { runs } = await connect(target);
      const start = run('echo begun; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo done; exit 3');
      await runs.start(start);
      const kill = `read -r pid _ <${folder(start)}/process; kill -9 "$pid"`;
      if (when.startsWith('while')) sh(target, `${kill}; touch /tmp/go-on`);
      // Its head sleeps from before the end on, and never gets to do anything after it.
      else sh(target, `${kill.replace('-9', '-STOP')}; touch /tmp/go-on; while [ -e /tmp/go-on ]; do sleep 0.1; done`);
      const end = followed(runs, start.id);
      if (!when.startsWith('while')) {
        await eventually(
          () => sh(target, `ls ${folder(start)}`),
          (names) => names.split('\n').includes('result'),
        );
        sh(target, `${kill} || true`);
      }
      const { state, text } = await end;
      expect(text).toBe('begun\ndone\n');
      expect(state).toMatchObject({ kind: 'ended', result: { ending: 'ended', exitCode: 3 } });
      await whole(runs, run('true'));
    },
  );

  it('is over, and keeps nobody out, when all that is left of it is a daemon', async () => {
    const { runs } = await connect(target);
    const daemon =
      'start-stop-daemon --start --background --make-pidfile --pidfile /tmp/daemon --exec /bin/sleep -- 300';
    const start = run(`${daemon}; touch /tmp/begun; sleep 300`);
    await runs.start(start);
    await eventually(
      () => sh(target, 'ls /tmp'),
      (names) => names.includes('begun'),
    );
    sh(target, `read -r pid _ <${folder(start)}/process; kill -9 $(ps -o pid= -s "$pid")`);
    const marked = `tr '\\0' '\\n' <"/proc/$(cat /tmp/daemon)/environ" | grep -c SU_DETACHED=${start.id}`;
    expect(sh(target, marked)).toBe('1\n');
    expect((await runs.start(start)).state.kind).toBe('interrupted');
    await whole(runs, run('true'));
    sh(target, 'kill "$(cat /tmp/daemon)"; rm /tmp/daemon /tmp/begun');
  });

  it('is found where nothing can be written any more', async () => {
    const { runs } = await connect(target);
    const start = run('while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on');
    await runs.start(start);
    sh(target, 'mount -t tmpfs -o nr_inodes=1 none /var/lib/system-update/fences');
    try {
      expect(await runs.start(start)).toMatchObject({ outcome: { kind: 'attached' }, state: { kind: 'running' } });
      const other = await runs.start(run('echo no >/tmp/no'));
      expect(other).toMatchObject({ outcome: { kind: 'failed' }, state: { kind: 'missing' } });
    } finally {
      sh(target, 'umount /var/lib/system-update/fences; touch /tmp/go-on');
    }
    await followed(runs, start.id);
    expect(sh(target, 'ls /tmp')).not.toContain('no');
  });

  it('shows no half of a secret at the beginning of what it keeps of a long log', async () => {
    const { runs } = await connect(target);
    // The last 256 KiB begin within the secret.
    const secret = 's3cret-word';
    const after = 256 * 1024 - 5;
    const script = `printf 'before ${secret}'; head -c ${String(after - 6)} /dev/zero | tr '\\0' x; printf '\nlast\n'`;
    const { logTail, text } = await whole(runs, run(script));
    expect(text).toContain('before •••x');
    expect(logTail).toBe('last\n');
  });

  it('knows a run that it never had from one that it should have', async () => {
    const { runs } = await connect(target);
    const gone = run('echo no >/tmp/no', { expected: true });
    expect(await runs.start(gone)).toMatchObject({ outcome: { kind: 'missing' }, state: { kind: 'missing' } });
    expect(sh(target, 'ls /tmp')).not.toContain('no');
  });

  it('is alive though its folder was removed, keeps its id from being begun again, and is missing only once it is over', async () => {
    const { runs } = await connect(target);
    const start = run('echo begun; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo over >/tmp/over');
    await runs.start(start);
    await eventually(
      () => sh(target, `cat ${folder(start)}/log`),
      (text) => text === 'begun\n',
    );
    sh(target, `rm -rf ${folder(start)}`);
    const again = await runs.start({ ...start, expected: true });
    expect(again).toMatchObject({ outcome: { kind: 'attached' }, state: { kind: 'running', folderGone: true } });
    expect((await runs.start(start)).outcome).toEqual({ kind: 'attached' });
    let told = 0;
    const end = runs.follow({
      id: start.id,
      offset: 0,
      onPiece: () => undefined,
      onFolderGone: () => {
        told += 1;
      },
    });
    await eventually(
      () => told,
      (times) => times > 0,
    );
    sh(target, 'touch /tmp/go-on');
    expect(await end).toMatchObject({ kind: 'missing', folderGone: false });
    expect(sh(target, 'cat /tmp/over; rm /tmp/over')).toBe('over\n');
    await whole(runs, run('true'));
  });

  it('confirms nothing once its folder was removed', async () => {
    const { runs } = await connect(target);
    const start = run(
      'echo begun; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo x >/tmp/x; confirm_plan /tmp/x; echo no >/tmp/no',
    );
    await runs.start(start);
    // Before it has begun, a removed folder would end it anyway.
    await eventually(
      () => sh(target, `cat ${folder(start)}/log`),
      (log) => log.includes('begun'),
    );
    sh(target, `rm -rf ${folder(start)}; touch /tmp/go-on`);
    expect((await runs.follow({ id: start.id, offset: 0, onPiece: () => undefined })).kind).toBe('missing');
    expect(sh(target, 'ls /tmp').split('\n')).not.toContain('no');
  });

  it('clears away what was collected, and only its own', async () => {
    const { runs } = await connect(target);
    const left = run('true');
    await runs.start(left);
    await followed(runs, left.id);
    const theirs = run('true', { installation: stranger });
    await runs.start(theirs);
    await followed(runs, theirs.id);
    await runs.collect(theirs.id, stranger.id);
    const mine = run('true');
    await whole(runs, mine);
    await whole(runs, run('true'));
    const there = sh(target, 'ls /var/lib/system-update/runs').split('\n');
    expect(there).toEqual(expect.arrayContaining([left.id, theirs.id]));
    expect(there).not.toContain(mine.id);
    expect(sh(target, 'ls -A /var/lib/system-update')).not.toContain('new');
  });

  it('hands out a long log in pieces, to the byte', async () => {
    const { runs } = await connect(target);
    const start = run('yes "a line of a long log" | head -n 300000; head -c 200000 /dev/zero | tr "\\0" x');
    await runs.start(start);
    let bytes = 0;
    let longest = 0;
    const hash = createHash('sha256');
    const state = await runs.follow({
      id: start.id,
      offset: 0,
      onPiece: ({ text }) => {
        bytes += text.length;
        longest = Math.max(longest, text.length);
        hash.update(text);
      },
    });
    expect([bytes, state.logBytes]).toEqual([300000 * 21 + 200000, 300000 * 21 + 200000]);
    expect(longest).toBeLessThan(256 * 1024);
    expect(hash.digest('hex')).toBe(sh(target, `sha256sum <${folder(start)}/log`).slice(0, 64));
  });

  it('fills no disk where it prints without an end: beginning and end are kept, and it goes on', async () => {
    const { runs } = await connect(target);
    const mebibyte = 1024 * 1024;
    const start = run(
      `step flood; while [ ! -e "$SU_DIR/stop" ]; do seq 1 200000; done; step after; echo 'the end'; exit 3`,
    );
    await runs.start(start);
    const log = `${folder(start)}/log`;
    const printed = (): number => Number(sh(target, `stat -c %s ${log}`));
    const occupied = (): number => Number(sh(target, `du -B1 ${log}`).split('\t')[0]);
    await eventually(printed, (bytes) => bytes > 300 * mebibyte);
    expect(occupied()).toBeLessThan(150 * mebibyte);
    await runs.askToStop(start.id);
    const { state, pieces, text } = await followed(runs, start.id);
    expect(state).toMatchObject({ kind: 'ended', result: { exitCode: 3 } });
    expect(pieces.map(({ step }) => step).filter((step) => step !== null)).toEqual(['flood', 'after']);
    expect(text).toMatch(/^1\n2\n3\n[^]*\nthe end\n$/);
    // Whole lines alone, at both edges of what is left out.
    const kept = new Set(text.split('\n'));
    expect([...kept].filter((line) => !/^(?:[1-9]\d{0,5}|the end|)$/.test(line) || Number(line) > 200_000)).toEqual([]);
    expect(text.length).toBeLessThan(17 * mebibyte + 1);
    const omitted = pieces.map(({ omittedBytes = 0 }) => omittedBytes).filter((bytes) => bytes > 0);
    expect(omitted).toHaveLength(1);
    const frames = `\u001e${start.id} step flood\n\u001e${start.id} step after\n`.length;
    expect(text.length + (omitted[0] ?? 0) + frames).toBe(state.logBytes);
    expect(occupied()).toBeLessThan(18 * mebibyte);
  });

  it('is interrupted by a restart of the machine, and says so', async () => {
    const { runs } = await connect(target);
    const start = run('echo begun; sleep 300');
    await runs.start(start);
    const end = sshFailure(runs.follow({ id: start.id, offset: 0, onPiece: () => undefined }));
    fleet('stop', target.name);
    fleet('start', target.name);
    expect((await end).kind).toBe('connection_lost');
    const { runs: later } = await connect(target);
    const { state, text } = await followed(later, start.id);
    expect(state).toMatchObject({ kind: 'interrupted', rebooted: true, result: null });
    expect(text).toBe('begun\n');
    expect((await later.collect(start.id, installation.id)).logTail).toBe('begun\n');
    await whole(later, run('true'));
  }, 120_000);
});
