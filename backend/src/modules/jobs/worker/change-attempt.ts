import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DetachedState, StartOutcome } from '../../../kernel/ssh/detached/detached-types';
import type { RunResult } from '../../../kernel/ssh/run-types';
import { SshError } from '../../../kernel/ssh/ssh-error';
import { CONNECT_STEP, STORE_STEP } from '../actions/action-registry';
import type { ActionScripts, ScriptText } from '../actions/action-scripts';
import type { ChangeAction, ChangeContext, FinishedChange, StepProgress } from '../actions/change-action';
import type { ActionScript, RunFailure } from '../actions/job-action';
import type { JobResult } from '../job-record';
import type { Beginning, WindowHolds } from '../gate/window-holds';
import type { ConfirmedPlan } from '../requests/confirmed-plans';
import { AftermathWatch } from './aftermath-watch';
import type { Attempt } from './attempt';
import { MeaninglessError, ofOurs } from './meaning';
import { whatStopMeans } from './stop-note';
import type { Claim } from './claims';
import { endOnly, finishedChange, maskedBy, unrecordedChange, unseenChange } from './change-evidence';
import {
  alteredFailure,
  parametersUnreadable,
  recordLostFailure,
  requestAltered,
  startFailure,
  vanishedFailure,
} from './change-failures';
import type { DetachedRunner, DetachedSession } from './detached-runner';
import { begunFailureOf, databaseIsAway, failureOf, isPassing, spread, type Chance, type StopReason } from './failures';
import type { Ending } from './outcomes';
import { OwnSecrets } from './own-secrets';
import type { ProgressRecorder } from './progress-recorder';
import { handover, LATER_MS, MUCH_LATER_MS, RECONNECT_PAUSES_MS } from './reconnect-pauses';

export interface ChangeTools {
  readonly runner: DetachedRunner;
  readonly scripts: ActionScripts;
  readonly recorder: ProgressRecorder;
  readonly requests: { forJob(jobId: string): Promise<ConfirmedPlan> };
  readonly windows: Pick<WindowHolds, 'beginning' | 'closedMeanwhile'>;
  readonly chance: Chance;
}

/** The fact that changes.sh leaves of a run whose window closed before it changed anything. */
const WINDOW_CLOSED = 'window_closed';
/** Nobody asks again. */
const BEGUN: Beginning = { refusal: null, withinSeconds: null };

interface Prepared {
  readonly plan: ConfirmedPlan;
  readonly context: ChangeContext<object>;
  readonly wanted: ActionScript;
  readonly script: ScriptText;
}

/**
 * One worker's part in a changing run. It starts the run or finds it started, follows its log and collects what it left.
 * From the moment a start was sent only the machine knows what became of it: a lost connection is no failure, it is a
 * reason to ask again, by this worker or by another.
 */
export class ChangeAttempt implements Attempt {
  readonly secrets = new OwnSecrets();
  private readonly logger = new Logger(ChangeAttempt.name);
  private readonly abort = new AbortController();
  private stopReason: StopReason | undefined;
  private session: DetachedSession | undefined;
  private prepared: Prepared | undefined;
  private cancelWanted: boolean;
  private forceWanted: boolean;
  private forcing = false;
  private stopAsked = false;
  private folderGone = false;
  private mayHaveBegun: boolean;
  private begun: boolean;
  private offset: number;
  private failedLooks = 0;
  private progressFails = false;
  private readonly watch: AftermathWatch | undefined;

  constructor(
    readonly claim: Claim,
    private readonly action: ChangeAction<object>,
    private readonly tools: ChangeTools,
  ) {
    this.cancelWanted = claim.cancelRequested;
    this.forceWanted = claim.forceRequested;
    this.mayHaveBegun = claim.adopted !== null;
    this.begun = claim.adopted?.begun ?? false;
    this.offset = claim.adopted?.logOffset ?? 0;
    const { aftermath } = action;
    this.watch = aftermath && new AftermathWatch(aftermath, tools, claim.adopted?.silentMs ?? 0);
  }

  get stoppedBy(): StopReason | undefined {
    return this.stopReason;
  }

  stop(reason: StopReason): void {
    if (reason === 'cancelled' && this.mayHaveBegun) {
      this.cancelWanted = true;
      void this.askToStop();
      return;
    }
    if (this.stopReason === undefined || reason === 'lease_lost') this.stopReason = reason;
    this.abort.abort(reason);
  }

  endByForce(): void {
    this.forceWanted = true;
    void this.forceEnd();
  }

  result(): JobResult {
    return { scriptSha256: this.prepared?.script.sha256 ?? null };
  }

  async run(): Promise<Ending> {
    const { timeoutSeconds } = this.claim;
    const timer = setTimeout(() => {
      this.tools.recorder.note(
        `The run takes longer than ${String(timeoutSeconds)} s. It is not ended by force; it is followed on.`,
      );
    }, timeoutSeconds * 1000);
    try {
      if (this.cancelWanted && !this.mayHaveBegun) return { kind: 'cancelled' };
      if (this.claim.adopted === null) this.tools.recorder.enter('starting', CONNECT_STEP);
      return await this.untilKnown();
    } catch (error) {
      return this.endingOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async prepare(): Promise<Prepared> {
    const { requests, scripts } = this.tools;
    const { jobId, machineId, attempt, parameters, requestedBy } = this.claim;
    if (parameters === null) throw parametersUnreadable();
    const plan = await requests.forJob(jobId);
    if (!plan.intact && !this.mayHaveBegun) throw requestAltered();
    const { planLines, planDigest, details } = plan;
    const signal = this.abort.signal;
    const base = { jobId, machineId, attempt, parameters, requestedBy, signal };
    const context: ChangeContext<object> = { ...base, planLines, planDigest, plan: details };
    const wanted = await this.action.script(context);
    return { plan, context, wanted, script: await scripts.read(wanted.file) };
  }

  /** Looks at the machine until it has told how the run ended, or hands the run over. */
  private async untilKnown(): Promise<Ending> {
    for (;;) {
      try {
        this.prepared ??= await this.prepare();
        return await this.visit(this.prepared);
      } catch (error) {
        if (this.stopReason === 'shutdown') return handover(0);
        const known = error instanceof MeaninglessError || !(this.mayHaveBegun || databaseIsAway(error));
        if (this.stopReason !== undefined || known) throw error;
        const ending = await this.outOfReach(error);
        if (ending !== null) return ending;
      }
    }
  }

  /** @returns after a pause null: look again; else that another looks later, or that nobody waits any longer */
  private async outOfReach(error: unknown): Promise<Ending | null> {
    const failure = failureOf(error);
    const { begun, prepared, watch } = this;
    // Of what the machine never told of nobody can say that it began.
    const awaited = begun && prepared !== undefined && watch !== undefined;
    this.lostSight(failure, error, awaited);
    const outcome = awaited ? watch.givenUp(failure, prepared.context) : null;
    if (outcome !== null && prepared !== undefined) {
      return { kind: 'changed', outcome, finished: unseenChange, requestId: prepared.plan.requestId, failure: null };
    }
    const leftMs = awaited ? watch.leftMs(prepared.context) : Infinity;
    const pauseMs = RECONNECT_PAUSES_MS[this.failedLooks];
    this.failedLooks += 1;
    const within = (wholeMs: number): number => Math.min(spread(wholeMs, this.tools.chance), leftMs);
    if (!isPassing(failure.kind)) return handover(within(awaited ? LATER_MS : MUCH_LATER_MS));
    if (pauseMs === undefined) return handover(within(LATER_MS));
    // An abort is met by the next look.
    await delay(within(pauseMs), undefined, { signal: this.abort.signal }).catch(() => undefined);
    return null;
  }

  private lostSight({ kind, message }: RunFailure, error: unknown, awaited: boolean): void {
    const { recorder } = this.tools;
    const then = awaited ? 'The machine is waited for.' : 'What became of the run is not known.';
    if (this.failedLooks === 0) recorder.note(`${message} ${then}`);
    recorder.pass('reconciling');
    if (kind === 'internal_error')
      this.logger.error({ err: error, jobId: this.claim.jobId }, 'A run was lost sight of.');
  }

  private async visit(prepared: Prepared): Promise<Ending> {
    this.abort.signal.throwIfAborted();
    const { jobId: id, machineId, requestedBy: actor, kind: purpose } = this.claim;
    const secrets = prepared.wanted.secrets ?? [];
    const own = this.secrets;
    const { signal } = this.abort;
    const session = await this.tools.runner.open({ machineId, id, actor, purpose, secrets, own, signal });
    this.session = session;
    try {
      const beginning = this.begun ? BEGUN : await this.tools.windows.beginning(id);
      const outcome = await this.start(session, prepared, beginning);
      const closed = beginning.refusal;
      if (outcome.kind === 'missing' && !this.begun) {
        if (!prepared.plan.intact) return { kind: 'failed', failure: alteredFailure, begun: false };
        return closed === null || this.cancelWanted ? { kind: 'cancelled' } : { kind: 'cancelled', failure: closed };
      }
      const refused = startFailure(outcome);
      if (refused !== null) return { kind: 'failed', failure: refused, begun: this.begun };
      if (outcome.kind === 'unsure') throw new SshError('timeout_progress', 'run');
      this.reached();
      const state = await this.follow(session);
      this.tools.recorder.endOfLog();
      if (state.kind === 'missing')
        return this.folderGone ? await this.judge(session, prepared) : { kind: 'failed', failure: vanishedFailure };
      const look = await this.watch?.settle(session, state, prepared.context);
      return await this.collect(session, prepared, look ?? null);
    } finally {
      this.session = undefined;
      await session.close();
    }
  }

  /** What may not be begun now is only looked for. */
  private async start(
    session: DetachedSession,
    { plan, wanted, script }: Prepared,
    { refusal, withinSeconds }: Beginning,
  ): Promise<StartOutcome> {
    this.abort.signal.throwIfAborted();
    this.mayHaveBegun = true;
    const { outcome } = await session.start({
      fence: this.claim.fence,
      script: script.text,
      parameters: {
        ...wanted.parameters,
        ...(withinSeconds === null ? {} : { BEGIN_WITHIN: String(withinSeconds) }),
      },
      plan: { lines: plan.planLines, digest: plan.planDigest },
      stoppable: this.action.declaration.steps.filter(({ stoppable }) => stoppable).map(({ name }) => name),
      // Nor is a run begun that somebody does not want any more, that is not what was confirmed, or whose window has closed.
      expected: this.begun || this.cancelWanted || !plan.intact || refusal !== null,
    });
    return outcome;
  }

  /** The machine has the run: from now on it must be there. */
  private reached(): void {
    const { recorder } = this.tools;
    if (this.failedLooks > 0 || this.claim.adopted !== null) recorder.note('The run was found on the machine.');
    this.failedLooks = 0;
    if (!this.begun) {
      const first = this.action.declaration.steps[0]?.name;
      if (first !== undefined) recorder.enter('following', first);
    }
    recorder.pass('following');
    this.begun = true;
    this.heard();
  }

  private heard(): void {
    this.watch?.heard();
    this.tools.recorder.contact();
  }

  private async follow(session: DetachedSession): Promise<DetachedState> {
    const { recorder } = this.tools;
    if (this.cancelWanted) await this.askToStop();
    if (this.forceWanted) await this.forceEnd();
    return session.follow({
      offset: this.offset,
      onPiece: async (piece) => {
        // What an earlier connection still hands out is read again over this one.
        if (this.session !== session) return;
        const room = recorder.onLog(piece);
        // At once: a connection that is lost while there is no room must not have the next one read it again.
        this.offset = piece.offset;
        await room;
      },
      onStatus: (line) => {
        const progress = this.session === session ? this.progressOf(line) : null;
        if (progress != null) recorder.progress(progress);
      },
      onFolderGone: () => {
        if (!this.folderGone)
          recorder.note(
            'The folder of the run was removed from the machine. The run works on, and is followed to its end.',
          );
        this.folderGone = true;
      },
      onContact: () => {
        this.heard();
      },
    });
  }

  /** Of a run whose record is lost: by what is there afterwards. */
  private async judge(session: DetachedSession, prepared: Prepared): Promise<Ending> {
    this.tools.recorder.enter('collecting', STORE_STEP);
    const log = await this.tools.recorder.wholeLog();
    const more = await this.readMore(session, prepared, unrecordedChange(log, null));
    const finished = maskedBy(this.secrets.masker(), unrecordedChange(log, more));
    const { requestId } = prepared.plan;
    const outcome = await ofOurs(() => this.action.collect(finished, prepared.context));
    return { kind: 'changed', outcome, finished, requestId, failure: recordLostFailure };
  }

  /** How far it is does not decide what comes of it: a fault of ours in reading that is told, once, and the run followed on. */
  private progressOf(line: string): StepProgress | null {
    if (this.progressFails) return null;
    try {
      return this.action.progress?.(line) ?? null;
    } catch (error) {
      this.progressFails = true;
      this.logger.error({ err: error, jobId: this.claim.jobId }, 'The progress of a run could not be read.');
      return null;
    }
  }

  private async collect(session: DetachedSession, prepared: Prepared, look: RunResult | null): Promise<Ending> {
    this.tools.recorder.enter('collecting', STORE_STEP);
    const collected = await session.collect();
    const log = endOnly(collected) ? await this.tools.recorder.wholeLog() : collected.logTail;
    const more = await this.readMore(session, prepared, finishedChange(collected, log, [look]));
    const finished = maskedBy(this.secrets.masker(), finishedChange(collected, log, [look, more]));
    const { requestId } = prepared.plan;
    const outcome = await ofOurs(() => this.action.collect(finished, prepared.context));
    const late = finished.ending === 'stopped' && finished.sections.has(WINDOW_CLOSED);
    const failure = late ? await this.tools.windows.closedMeanwhile(this.claim.jobId) : null;
    return { kind: 'changed', outcome, finished, requestId, failure };
  }

  private async readMore(
    session: DetachedSession,
    { context }: Prepared,
    left: FinishedChange,
  ): Promise<RunResult | null> {
    const wanted = await ofOurs(async () => {
      const script = await this.action.collectScript?.(context, left);
      return script == null ? null : { ...script, text: (await this.tools.scripts.read(script.file)).text };
    });
    if (wanted === null) return null;
    const { text, parameters = {}, timeouts = {}, limits = {} } = wanted;
    return session.read({ script: text, parameters, timeouts, limits });
  }

  /** Said once; said again where the machine did not hear it. */
  private async askToStop(): Promise<void> {
    const { session } = this;
    if (session === undefined || this.stopAsked) return;
    this.stopAsked = true;
    try {
      const { kind } = await session.askToStop();
      // Its start is on the way: it is asked once it is there.
      if (kind === 'missing') this.stopAsked = false;
      if (kind === 'running') {
        this.tools.recorder.note(whatStopMeans(this.action.declaration.steps, this.tools.recorder.steps.currentName));
      }
    } catch (error) {
      this.stopAsked = false;
      this.logger.warn({ err: error, jobId: this.claim.jobId }, 'A run could not be asked to stop; it is asked again.');
    }
  }

  /** Once at a time; what did not do it is tried again with the next renewal of the lock. */
  private async forceEnd(): Promise<void> {
    const { session } = this;
    if (session === undefined || this.forcing) return;
    this.forcing = true;
    try {
      const { kind } = await session.endByForce();
      this.tools.recorder.note(
        kind === 'running' ? 'Not all of it could be ended by force; it is tried again.' : 'Ended by force.',
      );
    } catch (error) {
      this.logger.warn(
        { err: error, jobId: this.claim.jobId },
        'A run could not be ended by force; it is tried again.',
      );
    } finally {
      this.forcing = false;
    }
  }

  private endingOf(error: unknown): Ending {
    if (this.stopReason === 'cancelled') return { kind: 'cancelled' };
    const cause = error instanceof MeaninglessError ? error.cause : error;
    const failure = this.mayHaveBegun ? begunFailureOf(cause) : failureOf(cause);
    if (failure.kind === 'internal_error')
      this.logger.error({ err: cause, jobId: this.claim.jobId }, 'A changing run failed unexpectedly.');
    return { kind: 'failed', failure, begun: this.mayHaveBegun };
  }
}
