import { Logger } from '@nestjs/common';
import { DomainError } from '../../../kernel/errors/domain-error';
import { SshError } from '../../../kernel/ssh/ssh-error';
import { fileSystemFailure } from '../actions/file-system-failure';
import type { RunResult } from '../../../kernel/ssh/run-types';
import { CONNECT_STEP, STORE_STEP } from '../actions/action-registry';
import type { ActionContext, ActionOutcome, CollectedRun, ReadAction, RunFailure } from '../actions/job-action';
import type { ActionScripts, ScriptText } from '../actions/action-scripts';
import type { JobResult } from '../job-record';
import type { Attempt } from './attempt';
import { sectionsOf } from './change-evidence';
import { parametersUnreadable } from './change-failures';
import type { Claim } from './claims';
import { failureOf, retryPause, timeoutFailure, type Chance, type StopReason } from './failures';
import type { Ending } from './outcomes';
import { OwnSecrets } from './own-secrets';
import type { ProgressRecorder } from './progress-recorder';
import type { RemoteRun, RemoteRunner } from './remote-runner';

/** A remote that does not heed its abort keeps a worker's place no longer than this. */
const ABORT_PATIENCE_MS = 10_000;

export interface AttemptTools {
  readonly runner: RemoteRunner;
  readonly scripts: ActionScripts;
  readonly recorder: ProgressRecorder;
  readonly now: () => Date;
  readonly chance: Chance;
}

interface Reading {
  readonly run: RunResult;
  readonly startedAt: Date;
  readonly brokenBy: RunFailure | null;
}

/** One attempt of one reading job, from the connection to what its output means. Writes nothing but log and steps. */
export class ReadAttempt implements Attempt {
  readonly secrets = new OwnSecrets();
  private readonly logger = new Logger(ReadAttempt.name);
  private readonly abort = new AbortController();
  private stopReason: StopReason | undefined;
  private script: ScriptText | undefined;
  private received: RunResult | undefined;

  constructor(
    readonly claim: Claim,
    private readonly action: ReadAction<object>,
    private readonly tools: AttemptTools,
  ) {}

  stop(reason: StopReason): void {
    if (this.stopReason === undefined || reason === 'lease_lost') this.stopReason = reason;
    this.abort.abort(reason);
  }

  get stoppedBy(): StopReason | undefined {
    return this.stopReason;
  }

  result(): JobResult {
    return {
      scriptSha256: this.script?.sha256 ?? null,
      durationMs: this.received?.durationMs ?? null,
      receivedBytes: this.received?.receivedBytes ?? null,
    };
  }

  async run(): Promise<Ending> {
    const { claim } = this;
    const timer = setTimeout(() => {
      this.stop('timeout');
    }, claim.timeoutSeconds * 1000);
    try {
      if (claim.cancelRequested) this.stop('cancelled');
      const outcome = await this.work();
      return this.stopReason === 'cancelled' ? { kind: 'cancelled' } : { kind: 'collected', outcome };
    } catch (error) {
      return await this.endingOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async work(): Promise<ActionOutcome> {
    const reading = await this.read();
    // Nothing was read: there is nothing to keep, and a document of it would pass for a look at the machine.
    if (!hasEndedSection(reading.run)) throw nothingRead(reading.run);
    return this.collect(reading);
  }

  private async read(): Promise<Reading> {
    const { recorder, scripts, runner, now } = this.tools;
    const { claim } = this;
    recorder.enter('starting', CONNECT_STEP);
    const wanted = await this.action.script(this.context());
    this.script = await scripts.read(wanted.file);
    this.abort.signal.throwIfAborted();
    const startedAt = now();
    const run = await this.heeding(
      runner.run({
        machineId: claim.machineId,
        jobId: claim.jobId,
        actor: claim.requestedBy,
        purpose: claim.kind,
        script: this.script.text,
        parameters: wanted.parameters ?? {},
        secrets: wanted.secrets ?? [],
        own: this.secrets,
        timeouts: { totalMs: claim.timeoutSeconds * 1000, ...wanted.timeouts },
        limits: wanted.limits ?? {},
        signal: this.abort.signal,
        ...this.listeners(),
      }),
    );
    this.received = run;
    return { run, startedAt, brokenBy: null };
  }

  private listeners(): Pick<RemoteRun, 'onConnected' | 'onOutput' | 'wantsOutput' | 'onSection'> {
    const { recorder } = this.tools;
    return {
      onConnected: () => {
        const first = this.action.declaration.steps[0]?.name;
        if (first !== undefined) recorder.enter('following', first);
      },
      onOutput: (chunk) => {
        recorder.onOutput(chunk);
      },
      wantsOutput: (section, stream) => recorder.wants(section, stream),
      onSection: (event) => {
        recorder.onSection(event);
      },
    };
  }

  private async collect(reading: Reading): Promise<ActionOutcome> {
    this.tools.recorder.enter('collecting', STORE_STEP);
    return this.action.collect(collected(reading, this.tools.now()), this.context());
  }

  /** Waits for the run, but after an abort only for a while. */
  private async heeding(run: Promise<RunResult>): Promise<RunResult> {
    const { signal } = this.abort;
    let timer: NodeJS.Timeout | undefined;
    let onAbort = (): void => undefined;
    const given = new Promise<never>((_resolve, reject) => {
      onAbort = () => {
        timer = setTimeout(() => {
          reject(new SshError('cancelled', 'run'));
        }, ABORT_PATIENCE_MS);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([run, given]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    }
  }

  private async endingOf(error: unknown): Promise<Ending> {
    const { claim } = this;
    if (this.stopReason === 'cancelled') return { kind: 'cancelled' };
    if (this.stopReason === 'shutdown') return { kind: 'again', failure: null, pauseMs: 0, spend: false };
    const failure = this.stopReason === 'timeout' ? timeoutFailure(claim.timeoutSeconds) : failureOf(error);
    if (failure.kind === 'internal_error')
      this.logger.error({ err: error, jobId: claim.jobId }, 'An attempt failed unexpectedly.');
    const pauseMs = retryPause(failure.kind, claim.attempt, claim.maxAttempts, this.tools.chance);
    if (pauseMs !== null) return { kind: 'again', failure, pauseMs, spend: true };
    const partial = error instanceof SshError ? error.partial : undefined;
    return partial !== undefined && hasEndedSection(partial)
      ? this.keepPartial(partial, failure)
      : { kind: 'failed', failure };
  }

  /** What was read before the run broke off is worth keeping, marked as the incomplete thing that it is. */
  private async keepPartial(partial: RunResult, failure: RunFailure): Promise<Ending> {
    this.received = partial;
    try {
      const startedAt = new Date(this.tools.now().getTime() - partial.durationMs);
      const outcome = await this.collect({ run: partial, startedAt, brokenBy: failure });
      // Of a part that says nothing, nothing is kept.
      if (outcome.document === undefined && outcome.store === undefined) return { kind: 'failed', failure };
      const error = {
        kind: failure.kind,
        message: failure.message,
        ...(failure.action === null ? {} : { action: failure.action }),
      };
      return { kind: 'collected', outcome: withError(outcome, error) };
    } catch (error) {
      this.logger.error({ err: error, jobId: this.claim.jobId }, 'A partial answer could not be collected.');
      return { kind: 'failed', failure };
    }
  }

  private context(): ActionContext<object> {
    const { jobId, machineId, attempt, parameters, requestedBy } = this.claim;
    if (parameters === null) throw parametersUnreadable();
    return { jobId, machineId, attempt, parameters, requestedBy, signal: this.abort.signal };
  }
}

/** A script that found no place for its files says why, outside of any section. */
function nothingRead({ stray }: RunResult): Error {
  const failure = fileSystemFailure(stray.stderr);
  if (failure === null) return new SshError('protocol', 'run');
  const { kind, message, action } = failure;
  return new DomainError({ code: kind, status: 409, detail: message, ...(action === null ? {} : { action }) });
}

function hasEndedSection({ sections }: RunResult): boolean {
  return sections.some(({ exitCode }) => exitCode !== null);
}

function withError(outcome: ActionOutcome, error: NonNullable<ActionOutcome['error']>): ActionOutcome {
  return {
    ...outcome,
    status: 'error',
    error,
    ...(outcome.store === undefined ? {} : { store: outcome.store.bind(outcome) }),
  };
}

function collected({ run, startedAt, brokenBy }: Reading, receivedAt: Date): CollectedRun {
  return {
    sections: sectionsOf(run.sections),
    exitCode: run.exitCode,
    startedAt,
    receivedAt,
    truncated: run.truncated,
    brokenBy,
  };
}
