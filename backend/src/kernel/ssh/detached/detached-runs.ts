import type { SecretMasker } from '../../logging/secret-masker';
import { parameterLines } from '../quote';
import { maskedDetails } from '../run-failure';
import type { RunResult, RunScriptOptions, SectionResult } from '../run-types';
import { SshError } from '../ssh-error';
import { changingScript, detachedScripts } from './detached-scripts';
import type { CollectedDetached, DetachedStart, DetachedState, LogPiece, StartOutcome } from './detached-types';
import { LogReader } from './log-reader';
import { readOutcome, readState } from './report';

/** What detached runs need of a connection. */
export interface ScriptRunner {
  runScript(options: RunScriptOptions): Promise<RunResult>;
}

export interface FollowOptions {
  readonly id: string;
  /** Bytes of the log that were stored already. */
  readonly offset: number;
  /** While a returned promise is pending nothing more is read; the run itself does not wait. */
  readonly onPiece: (piece: LogPiece) => void | Promise<void>;
  /** The last line of its status (`$SU_DIR/progress`), masked; each time that another is seen, never all of them. */
  readonly onStatus?: (line: string) => void;
  /** The folder of the run is gone, and it lives. Said with each look. */
  readonly onFolderGone?: () => void;
  /** The machine answered. At least every ten seconds while all is well. */
  readonly onContact?: () => void;
  readonly signal?: AbortSignal;
}

const mebibyte = 1024 * 1024;
/** One look at the log gives out no more, and takes no longer: memory and the hold on a channel stay bounded. */
const followBytes = mebibyte;
const followSeconds = 600;
/** Signs of life come every five seconds. */
const followSilenceMs = 45_000;
/** The start waits for another start and for the process. */
const startMs = 90_000;
/** Ending by force waits for the processes to go. */
const forceMs = 60_000;

/**
 * Runs that change a machine: started over a connection, independent of it from then on. Whoever has the id can come
 * back to one, over another connection, from another process.
 *
 * Every method rejects with `SshError` as a reading run does. A connection that is lost says nothing about the run.
 */
export class DetachedRuns {
  constructor(
    private readonly runner: ScriptRunner,
    private readonly access: Pick<RunScriptOptions, 'sudo'> & { readonly masker: SecretMasker },
  ) {}

  /** Starts the run, or finds the one of that id. @throws TypeError for a bad parameter */
  async start(run: DetachedStart, signal?: AbortSignal): Promise<{ outcome: StartOutcome; state: DetachedState }> {
    const result = await this.run(detachedScripts.start, {
      parameters: {
        RUN_ID: run.id,
        RUN_INSTALLATION: run.installation.id,
        RUN_EPOCH: String(run.installation.epoch),
        RUN_FENCE: run.fence,
        RUN_STOPPABLE: run.stoppable.join(' '),
        RUN_PLAN: run.plan.lines.map((line) => `${line}\n`).join(''),
        RUN_DIGEST: run.plan.digest,
        RUN_EXPECTED: run.expected ? 'yes' : '',
        RUN_RUNNER: detachedScripts.runner,
        RUN_SCRIPT: changingScript(run.script),
        RUN_PARAMETERS: parameterLines(run.parameters),
      },
      // What it starts must not stay as nice as a reading run is.
      niceness: 0,
      timeouts: { progressMs: startMs, totalMs: startMs },
      ...(signal === undefined ? {} : { signal }),
    });
    const state = readState(result, 'state');
    return { outcome: byEvidence(readOutcome(result), state), state };
  }

  /** Hands out the log from `offset` on until the run is over and all of it was handed out. */
  async follow(options: FollowOptions): Promise<DetachedState> {
    const reader = new LogReader(options.offset, options.id, this.access.masker);
    for (;;) {
      const before = reader.position;
      const state = await this.followOnce(reader, options);
      options.onContact?.();
      const alive = state.kind === 'running' || state.kind === 'prepared';
      // A log that is shorter than its result says has nothing more to give.
      if (alive || (reader.position < state.logBytes && reader.position > before)) continue;
      for (const piece of reader.end()) await options.onPiece(piece);
      return state;
    }
  }

  /** Asks the run to end between two steps. */
  async askToStop(id: string): Promise<DetachedState> {
    return readState(await this.run(detachedScripts.stop, { parameters: { RUN_ID: id } }), 'state');
  }

  /**
   * Ends what is alive of the run, with KILL where TERM does not do it within seconds; daemons that it started live on. What it
   * was doing stays unfinished. `running` afterwards: something of it could not be ended.
   */
  async endByForce(id: string): Promise<DetachedState> {
    const timeouts = { firstByteMs: forceMs, progressMs: forceMs, totalMs: forceMs };
    return readState(await this.run(detachedScripts.force, { parameters: { RUN_ID: id }, timeouts }), 'state');
  }

  /** Fetches what a run that is over left, and marks it as fetched: the next run of this installation clears it away. */
  async collect(id: string, installationId: string, signal?: AbortSignal): Promise<CollectedDetached> {
    const result = await this.run(detachedScripts.collect, {
      parameters: { RUN_ID: id, RUN_INSTALLATION: installationId },
      limits: { sectionBytes: 4 * mebibyte, runBytes: 24 * mebibyte, lineBytes: mebibyte },
      ...(signal === undefined ? {} : { signal }),
    });
    const [missing, added] = ['run.drift_missing', 'run.drift_added'].map((name) => result.section(name));
    return {
      state: readState(result, 'run.state'),
      facts: factsOf(result),
      // A log, though it comes as a section: masked as it was when it was followed.
      logTail: this.access.masker.mask(result.section('run.log_tail')?.stdout ?? ''),
      drift: missing && added ? { missing: linesOf(missing), added: linesOf(added) } : null,
    };
  }

  private async followOnce(reader: LogReader, options: FollowOptions): Promise<DetachedState> {
    const { masker } = this.access;
    const result = await this.run(detachedScripts.follow, {
      parameters: {
        RUN_ID: options.id,
        RUN_OFFSET: String(reader.position),
        RUN_BYTES: String(followBytes),
        RUN_SECONDS: String(followSeconds),
        RUN_STREAM: detachedScripts.stream,
      },
      maskSections: false,
      limits: { sectionBytes: 2 * followBytes, runBytes: 3 * followBytes },
      timeouts: { progressMs: followSilenceMs, totalMs: followSeconds * 4000 },
      onOutput: async ({ section, stream, text }) => {
        if (section !== 'follow' || stream !== 'stdout') return;
        options.onContact?.();
        const lines = text.split('\n');
        for (const piece of piecesOf(reader, lines, masker)) await options.onPiece(piece);
        if (lines.includes('!')) options.onFolderGone?.();
        // After the log, which says what step it is about.
        const status = lines.findLast((line) => line.startsWith('='));
        if (status !== undefined) options.onStatus?.(masker.mask(decoded(status.slice(1)).toString('utf8').trimEnd()));
      },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const end = result.section('follow');
    if (end === undefined || end.truncated || end.exitCode !== 0)
      throw new SshError('protocol', 'run', maskedDetails({ serverText: end?.stderr ?? '' }, masker));
    return readState(result, 'state', masker);
  }

  private run(script: string, options: Omit<RunScriptOptions, 'script' | 'sudo' | 'masker'>): Promise<RunResult> {
    return this.runner.runScript({ script, ...this.access, ...options });
  }
}

/**
 * A start that broke off says nothing about a run that was begun before: on a disk that the run has filled, or that was
 * made read-only, nothing can be locked or noted, and the run works on.
 */
function byEvidence(outcome: StartOutcome, { kind }: DetachedState): StartOutcome {
  if (outcome.kind !== 'failed' || kind === 'missing') return outcome;
  return { kind: kind === 'prepared' ? 'unsure' : 'attached' };
}

/** Each line is base64 by itself, the byte at which the log goes on, a status, that the folder is gone, or a sign of life. */
function* piecesOf(reader: LogReader, lines: readonly string[], masker: SecretMasker): Generator<LogPiece> {
  let bytes: Buffer[] = [];
  for (const line of lines) {
    if (line === '.' || line === '!' || line.startsWith('=')) continue;
    if (!line.startsWith('+')) {
      bytes.push(decoded(line));
      continue;
    }
    yield* reader.push(Buffer.concat(bytes));
    bytes = [];
    const goesOn = /^\+\d{1,15}$/.test(line) ? Number(line) : 0;
    if (goesOn <= reader.position) throw new SshError('protocol', 'run', maskedDetails({ serverText: line }, masker));
    reader.skipTo(goesOn);
  }
  yield* reader.push(Buffer.concat(bytes));
}

function decoded(line: string): Buffer {
  return Buffer.from(line, 'base64');
}

function factsOf({ sections }: RunResult): ReadonlyMap<string, SectionResult> {
  return new Map(sections.filter(({ name }) => !name.startsWith('run.')).map((section) => [section.name, section]));
}

function linesOf({ stdout }: SectionResult): string[] {
  return stdout.split('\n').filter((line) => line !== '');
}
