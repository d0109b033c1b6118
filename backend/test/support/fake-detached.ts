import type { CollectedDetached, DetachedState, LogPiece } from '../../src/kernel/ssh/detached/detached-types';
import type { RunResult } from '../../src/kernel/ssh/run-types';
import { SshError } from '../../src/kernel/ssh/ssh-error';
import {
  DetachedRunner,
  type DetachedSession,
  type DetachedVisit,
} from '../../src/modules/jobs/worker/detached-runner';
import { answer } from './jobs-fakes';

/** A run as a machine has it, whoever looks. */
interface FakeRun {
  lines: string[];
  /** The last line of its tool's status. */
  status: string | null;
  ending: 'ended' | 'stopped' | 'interrupted' | 'drifted' | null;
  stopAsked: boolean;
  forced: boolean;
  /** Somebody removed its folder: nothing of it can be told once it is over. */
  folderGone: boolean;
  starts: number;
  /** By the clock of its machine. */
  startedAt: Date;
  /** The same of its end. */
  finishedAt: Date | null;
  /** Of its script, once it has ended. */
  exitCode: number;
}

/** Machines that run changes in memory; they outlive every worker of a test. A line has as many bytes as signs. */
export class FakeMachines {
  readonly runs = new Map<string, FakeRun>();
  /** Fences that started or attached, in their order. */
  readonly fences: string[] = [];
  /** What scripts that were started were told, by run. */
  readonly told = new Map<string, Readonly<Record<string, string>>>();
  reachable = true;
  /** Their clock. */
  now = (): Date => new Date();
  /** What a reading run over a connection finds. */
  look: () => RunResult = () => answer({});
  /** How often something happened. */
  changes = 0;
  private listeners: (() => void)[] = [];
  private connections: ((error: SshError) => void)[] = [];

  run(id: string): FakeRun {
    const run = this.runs.get(id);
    if (run === undefined) throw new Error('nothing was started');
    return run;
  }

  print(id: string, line: string): void {
    this.run(id).lines.push(line);
    this.changed();
  }

  /** Its tool says how far it is. */
  tell(id: string, status: string): void {
    this.run(id).status = status;
    this.changed();
  }

  /** Somebody removes its folder while it works. */
  removeFolder(id: string): void {
    this.run(id).folderGone = true;
    this.changed();
  }

  end(id: string, ending: FakeRun['ending'] = 'ended'): void {
    Object.assign(this.run(id), { ending, finishedAt: this.now() });
    this.changed();
  }

  /** Cuts every connection, and lets none in until {@link restore}. */
  cut(): void {
    this.reachable = false;
    for (const lost of this.connections.splice(0)) lost(new SshError('connection_lost', 'run'));
    this.changed();
  }

  /** Rejects when the connection is cut. */
  lost(): Promise<never> {
    return new Promise((_, reject) => {
      this.connections.push(reject);
    });
  }

  restore(): void {
    this.reachable = true;
  }

  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.listeners.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  changed(): void {
    this.changes += 1;
    for (const listener of this.listeners.splice(0)) listener();
  }
}

/** One worker's way to the machines. */
export class FakeDetached extends DetachedRunner {
  machines = new FakeMachines();
  /** Goes there instead, where a test has real machines. */
  real: DetachedRunner | undefined;

  override open(visit: DetachedVisit): Promise<DetachedSession> {
    if (this.real !== undefined) return this.real.open(visit);
    const { machines } = this;
    const check = (): void => {
      if (visit.signal.aborted) throw new SshError('cancelled', 'run');
      if (!machines.reachable) throw new SshError('connection_lost', 'run');
    };
    const state = (): DetachedState => stateOf(machines.runs.get(visit.id));
    const session: DetachedSession = {
      start: async ({ expected, fence, parameters }) => {
        check();
        machines.fences.push(fence);
        const known = machines.runs.get(visit.id);
        if (known !== undefined) return Promise.resolve({ outcome: { kind: 'attached' }, state: state() });
        if (expected) return { outcome: { kind: 'missing' }, state: state() };
        machines.told.set(visit.id, parameters);
        machines.runs.set(visit.id, {
          lines: [],
          status: null,
          ending: null,
          stopAsked: false,
          forced: false,
          folderGone: false,
          starts: 1,
          startedAt: machines.now(),
          finishedAt: null,
          exitCode: 0,
        });
        return { outcome: { kind: 'started' }, state: state() };
      },
      follow: async ({ offset, onPiece, onStatus, onFolderGone }) => {
        let at = offset;
        const lost = machines.lost();
        lost.catch(() => undefined);
        for (;;) {
          check();
          // Before the text: of a run that has ended there is no more than this.
          const [found, seen] = [state(), machines.changes];
          const text = machines
            .run(visit.id)
            .lines.map((line) => `${line}\n`)
            .join('');
          const handOut = async (): Promise<void> => {
            for (const line of text.slice(at).split('\n').slice(0, -1)) {
              at += line.length + 1;
              await onPiece(pieceOf(line, at));
            }
          };
          // What has arrived already is handed out, although the connection is gone.
          await Promise.race([handOut(), lost]);
          const { status } = machines.run(visit.id);
          if (status !== null) onStatus?.(status);
          if (found.kind !== 'running') return found;
          if (found.folderGone) onFolderGone?.();
          if (seen === machines.changes) await machines.change(visit.signal);
        }
      },
      askToStop: () => {
        check();
        // As on a real machine: of what is not there yet nobody hears.
        const run = machines.runs.get(visit.id);
        if (run !== undefined) run.stopAsked = true;
        return Promise.resolve(state());
      },
      endByForce: () => {
        check();
        machines.run(visit.id).forced = true;
        machines.end(visit.id, 'interrupted');
        return Promise.resolve(state());
      },
      collect: () => {
        check();
        const collected: CollectedDetached = {
          state: state(),
          facts: new Map(),
          logTail: endOf(machines.run(visit.id)),
          drift: null,
        };
        return Promise.resolve(collected);
      },
      read: () => {
        check();
        return Promise.resolve(machines.look());
      },
      close: () => Promise.resolve(),
    };
    return new Promise((resolve) => {
      check();
      resolve(session);
    });
  }
}

function pieceOf(line: string, offset: number): LogPiece {
  const step = /^step (\S+)$/.exec(line)?.[1] ?? null;
  return { text: step === null ? `${line}\n` : '', step, offset };
}

/** Whole lines, as much as a machine gives. */
function endOf({ lines }: FakeRun): string {
  const text = lines.join('|');
  return text.length <= 262_144 ? text : text.slice(text.indexOf('|', text.length - 262_144) + 1);
}

function stateOf(run: FakeRun | undefined): DetachedState {
  const logBytes = run?.lines.reduce((sum, line) => sum + line.length + 1, 0) ?? 0;
  const base = {
    rebooted: false,
    forced: run?.forced ?? false,
    folderGone: false,
    logBytes,
    startedAt: run?.startedAt ?? null,
    result: null,
  };
  if (run === undefined) return { ...base, kind: 'missing' };
  if (run.ending === null) return { ...base, kind: 'running', folderGone: run.folderGone };
  if (run.folderGone) return { ...base, kind: 'missing' };
  if (run.ending === 'interrupted') return { ...base, kind: 'interrupted' };
  return {
    ...base,
    kind: 'ended',
    result: { ending: run.ending, exitCode: run.exitCode, finishedAt: run.finishedAt ?? run.startedAt },
  };
}
