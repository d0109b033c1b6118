import { randomUUID } from 'node:crypto';
import type { LogPiece } from '../../src/kernel/ssh/detached/detached-types';
import {
  closeConnections,
  connect,
  detachedTargets,
  digestOf,
  folder,
  followed,
  installation,
  run,
  sh,
  whole,
} from '../support/detached-targets';
import { eventually } from '../support/eventually';
import { sshFailure } from '../support/ssh-expect';

const stranger = { id: randomUUID(), epoch: 1 };

afterEach(closeConnections);

describe.each(detachedTargets)('a detached run on %s', (_name, target) => {
  it.each(['admin', 'ops', 'root'])('does its work for %s: steps, log, facts, result', async (user) => {
    const { runs } = await connect(target, user);
    const evil = `'; touch /tmp/pwned; '$(touch /tmp/pwned)\`id\`\n-rf\\ s3cret-word`;
    const start = run(
      [
        'step first',
        'printf "%s|%s\\n" "$EVIL" "$(id -u)"; echo to standard error >&2; printf unfinished',
        'step second',
        'keep facts.one sh -c "echo kept; echo whispered >&2; exit 4"',
        'cat; echo "$LC_ALL $(umask) $(nice) $(pwd) ${SU_RUN-none} $(ls "$SU_DIR/parameters" 2>&1 | wc -l)"; exit 7',
      ].join('\n'),
      { parameters: { EVIL: evil } },
    );
    const { outcome } = await runs.start(start);
    expect(outcome).toEqual({ kind: 'started' });
    const { pieces, state, text } = await followed(runs, start.id);
    const masked = evil.replace('s3cret-word', '•••');
    expect(text).toBe(`${masked}|0\nto standard error\nunfinishedC.UTF-8 0022 0 / none 1\n`);
    expect(pieces.map(({ step }) => step).filter((step) => step !== null)).toEqual(['first', 'second']);
    expect(state).toMatchObject({ kind: 'ended', rebooted: false, result: { ending: 'ended', exitCode: 7 } });
    expect(pieces.at(-1)?.offset).toBe(state.logBytes);
    expect(sh(target, 'ls /tmp')).not.toContain('pwned');
    expect(sh(target, `grep -rl s3cret-word ${folder(start)}`)).toBe(`${folder(start)}/log\n`);

    const { facts, logTail, drift } = await runs.collect(start.id, installation.id);
    expect([...facts.keys()]).toEqual(['facts.one']);
    expect(facts.get('facts.one')).toMatchObject({ stdout: 'kept\n', stderr: 'whispered\n', exitCode: 4 });
    expect(logTail).toContain('|0\nto standard error\nunfinished');
    expect(drift).toBeNull();
    expect(sh(target, `stat -c %a /var/lib/system-update ${folder(start)}`)).toBe('700\n700\n');
  });

  it('tells the last line of its status as it changes', async () => {
    const { runs } = await connect(target);
    const start = run(`
        echo 'one 1 s3cret-word' >>"$SU_DIR/progress"
        until [ -e "$SU_DIR/stop" ]; do sleep 0.1; done
        seq -f 'two %g' 2 20000 >>"$SU_DIR/progress"
        until [ -e "$SU_DIR/go" ]; do sleep 0.1; done`);
    await runs.start(start);
    const told: string[] = [];
    const ended = runs.follow({
      id: start.id,
      offset: 0,
      onPiece: () => undefined,
      onStatus: (line) => void told.push(line),
    });
    await eventually(
      () => Promise.resolve(told),
      ([first]) => first !== undefined,
    );
    await (await connect(target)).runs.askToStop(start.id);
    await eventually(
      () => Promise.resolve(told),
      (lines) => lines.at(-1) === 'two 20000',
    );
    sh(target, `touch ${folder(start)}/go`);
    expect(await ended).toMatchObject({ kind: 'ended', result: { exitCode: 0 } });
    expect(told[0]).toBe('one 1 •••');
    expect(told.length).toBeLessThan(10);
  });

  it('happens once, however often and by however many it is started', async () => {
    const { runs } = await connect(target);
    const { runs: others } = await connect(target);
    const start = run('echo once >>/tmp/effect');
    const starts = await Promise.all([runs.start(start), others.start(start), runs.start(start)]);
    expect(starts.map(({ outcome }) => outcome.kind).sort()).toEqual(['attached', 'attached', 'started']);
    await followed(runs, start.id);
    expect((await runs.start(start)).outcome).toEqual({ kind: 'attached' });
    expect(sh(target, 'cat /tmp/effect; rm /tmp/effect')).toBe('once\n');
  });

  it('goes on without its connection; another goes on from the stored byte', async () => {
    const { runs, connection } = await connect(target);
    const start = run('n=0; while [ $n -lt 40 ]; do n=$((n + 1)); echo "line $n ä€😀"; sleep 0.1; done');
    await runs.start(start);
    const seen: LogPiece[] = [];
    const cut = sshFailure(
      runs.follow({
        id: start.id,
        offset: 0,
        onPiece: async (piece) => {
          seen.push(piece);
          if (seen.length === 3) await connection.close();
        },
      }),
    );
    expect((await cut).kind).toBe('connection_lost');
    const { runs: later } = await connect(target);
    const rest = await followed(later, start.id, seen.at(-1)?.offset);
    expect(rest.state).toMatchObject({ kind: 'ended', result: { exitCode: 0 } });
    const text = seen.map((piece) => piece.text).join('') + rest.text;
    expect(text).toBe(Array.from({ length: 40 }, (_, index) => `line ${String(index + 1)} ä€😀\n`).join(''));
  });

  it('is the only one: the machine refuses another, whoever asks, and names the holder', async () => {
    const { runs } = await connect(target);
    const first = run('while [ ! -e /tmp/go-on ]; do sleep 0.1; done');
    await runs.start(first);
    const holder = { runId: first.id, installationId: installation.id };
    for (const other of [run('echo no >/tmp/no'), run('echo no >/tmp/no', { installation: stranger })])
      expect((await runs.start(other)).outcome).toEqual({ kind: 'busy', holder });
    sh(target, 'touch /tmp/go-on');
    await followed(runs, first.id);
    expect(await whole(runs, run('echo now; rm /tmp/go-on'))).toMatchObject({ text: 'now\n' });
    expect(sh(target, 'ls /tmp')).not.toContain('no');
  });

  it('refuses an older fence and an older epoch of the same installation, not of another', async () => {
    const { runs } = await connect(target);
    const restored = { id: randomUUID(), epoch: 2 };
    await whole(runs, run('true', { installation: restored, fence: '7' }));
    const before = [
      run('true', { installation: restored, fence: '6' }),
      run('true', { installation: { ...restored, epoch: 1 }, fence: '8' }),
    ];
    for (const older of before) expect((await runs.start(older)).outcome).toEqual({ kind: 'fence_refused' });
    await whole(runs, run('true', { installation: { id: randomUUID(), epoch: 1 }, fence: '1' }));
    await whole(runs, run('true', { installation: { ...restored, epoch: 3 }, fence: '1' }));
  });

  it('stops before it changes anything when the plan is another one', async () => {
    const { runs } = await connect(target);
    const lines = ['remove a -', 'upgrade b 1 2'];
    const plan = { lines, digest: digestOf(lines) };
    const script = 'printf "%s" "$NOW" >/tmp/plan; confirm_plan /tmp/plan; echo changed >/tmp/changed';
    const start = (now: string) => run(script, { plan, parameters: { NOW: now } });
    const other = await whole(runs, start('upgrade b 1 3\nremove a -\n'));
    expect(other.state.result).toMatchObject({ ending: 'drifted' });
    expect(other.drift).toEqual({ missing: ['upgrade b 1 2'], added: ['upgrade b 1 3'] });
    expect(sh(target, 'ls /tmp')).not.toContain('changed');
    // Order and repetition make no other plan.
    const same = await whole(runs, start('upgrade b 1 2\nremove a -\nupgrade b 1 2\n'));
    expect(same.state.result).toMatchObject({ ending: 'ended', exitCode: 0 });
    expect(sh(target, 'cat /tmp/changed; rm /tmp/changed')).toBe('changed\n');
  });

  it('stops after a step that allows it, and not after one that does not', async () => {
    const { runs } = await connect(target);
    const wait = 'while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on';
    const script = `step get; ${wait}; step put; ${wait}; step look; echo looked`;
    const stopIn = async (step: string): Promise<string[]> => {
      const start = run(script, { stoppable: ['get'] });
      await runs.start(start);
      const reached: string[] = [];
      const end = runs.follow({
        id: start.id,
        offset: 0,
        onPiece: ({ step: name }) => void reached.push(name ?? ''),
      });
      if (step === 'put') sh(target, 'touch /tmp/go-on');
      await eventually(
        () => reached,
        (names) => names.includes(step),
      );
      expect((await runs.askToStop(start.id)).kind).toBe('running');
      sh(target, 'touch /tmp/go-on');
      const { result } = await end;
      return [result?.ending ?? '', ...reached.filter((name) => name !== '')];
    };
    expect(await stopIn('get')).toEqual(['stopped', 'get']);
    expect(await stopIn('put')).toEqual(['ended', 'get', 'put', 'look']);
  }, 60_000);

  it('leaves no lock to a daemon that it started', async () => {
    const { runs } = await connect(target);
    await whole(runs, run('setsid sleep 60 >/dev/null 2>&1 & echo $! >/tmp/daemon'));
    expect(await whole(runs, run('echo free; kill "$(cat /tmp/daemon)"; rm /tmp/daemon'))).toMatchObject({
      text: 'free\n',
    });
  });
});
