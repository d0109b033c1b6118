import { createHash, randomUUID } from 'node:crypto';
import type {
  CollectedDetached,
  DetachedStart,
  DetachedState,
  LogPiece,
} from '../../src/kernel/ssh/detached/detached-types';
import { DetachedRuns } from '../../src/kernel/ssh/detached/detached-runs';
import { SecretMasker } from '../../src/kernel/logging/secret-masker';
import type { SudoMode } from '../../src/kernel/ssh/run-types';
import type { SshConnection } from '../../src/kernel/ssh/ssh-connection';
import { SshConnectionFactory } from '../../src/kernel/ssh/ssh-connection-factory';
import { eventually } from '../support/eventually';
import { fleet } from '../support/real-machines';
import { sshFailure } from '../support/ssh-expect';
import { sshTargets, systemdTargets, type SshTarget } from '../support/ssh-targets';

const factory = new SshConnectionFactory();
const open: SshConnection[] = [];
const installation = { id: randomUUID(), epoch: 1 };
const stranger = { id: randomUUID(), epoch: 1 };
let lastFence = 0;

/** One of each suite, without systemd and with. */
const targets = [...sshTargets().slice(0, 2), ...systemdTargets().slice(0, 2)];

afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
});

async function connect(target: SshTarget, user = 'ops'): Promise<{ runs: DetachedRuns; connection: SshConnection }> {
  const { host, port, hostKey } = target;
  const secret = target.secret(user);
  const connection = await factory.connect({ host, port, username: user, secret, hostKeys: { approved: [hostKey] } });
  open.push(connection);
  const sudo: SudoMode =
    user === 'admin' ? { kind: 'password', password: target.password(user) } : { kind: 'nopasswd' };
  return { runs: new DetachedRuns(connection, { sudo, masker: new SecretMasker(['s3cret-word']) }), connection };
}

const digestOf = (lines: readonly string[]): string =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');

function run(script: string, more: Partial<DetachedStart> = {}): DetachedStart {
  lastFence += 1;
  const plan = { lines: [], digest: digestOf([]) };
  const fence = String(lastFence);
  return {
    id: randomUUID(),
    installation,
    fence,
    script,
    parameters: {},
    plan,
    stoppable: [],
    expected: false,
    ...more,
  };
}

/** The whole log as it is shown, with the state at the end. */
async function followed(
  runs: DetachedRuns,
  id: string,
  offset = 0,
): Promise<{ state: DetachedState; pieces: LogPiece[]; text: string }> {
  const pieces: LogPiece[] = [];
  const state = await runs.follow({ id, offset, onPiece: (piece) => void pieces.push(piece) });
  return { state, pieces, text: pieces.map(({ text }) => text).join('') };
}

async function whole(runs: DetachedRuns, start: DetachedStart): Promise<CollectedDetached & { text: string }> {
  const { outcome } = await runs.start(start);
  expect(outcome).toEqual({ kind: 'started' });
  const { text } = await followed(runs, start.id);
  return { ...(await runs.collect(start.id, installation.id)), text };
}

const folder = ({ id }: DetachedStart): string => `/var/lib/system-update/runs/${id}`;
const sh = (target: SshTarget, command: string): string => target.exec('sh', '-c', command);

describe.each(targets.map((target) => [`${target.suite} ${target.variant}`, target] as const))(
  'a detached run on %s',
  (_name, target) => {
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
        const start = run(
          'echo begun; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo done; exit 3',
        );
        await runs.start(start);
        const kill = `read -r pid _ <${folder(start)}/process; kill -9 "$pid"`;
        if (when.startsWith('while')) sh(target, `${kill}; touch /tmp/go-on`);
        // Its head sleeps from before the end on, and never gets to do anything after it.
        else
          sh(target, `${kill.replace('-9', '-STOP')}; touch /tmp/go-on; while [ -e /tmp/go-on ]; do sleep 0.1; done`);
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
      const start = run(
        'echo begun; while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo over >/tmp/over',
      );
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
        'while [ ! -e /tmp/go-on ]; do sleep 0.1; done; rm /tmp/go-on; echo x >/tmp/x; confirm_plan /tmp/x; echo no >/tmp/no',
      );
      await runs.start(start);
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
      expect([...kept].filter((line) => !/^(?:[1-9]\d{0,5}|the end|)$/.test(line) || Number(line) > 200_000)).toEqual(
        [],
      );
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
  },
);
