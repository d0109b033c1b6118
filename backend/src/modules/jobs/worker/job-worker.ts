import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../../kernel/clock';
import type { LiveBus, LiveSignal } from '../../../kernel/live/live-bus';
import { isChange, type ActionRegistry, type AnyAction } from '../actions/action-registry';
import type { ActionScripts } from '../actions/action-scripts';
import type { JobLogRepository } from '../job-log.repository';
import { LEASE_SECONDS, type Claim, type Claims } from './claims';
import { fairly, unknownActionFailure, type Chance } from './failures';
import type { Attempt } from './attempt';
import { ChangeAttempt } from './change-attempt';
import type { DetachedRunner } from './detached-runner';
import { readingLog, wholeLog } from './log-buffer';
import { ReadAttempt } from './read-attempt';
import type { Ending, Outcomes } from './outcomes';
import { OUTCOME_PATIENCE_MS, OutcomeWriter } from './outcome-writer';
import type { OwnSecrets } from './own-secrets';
import { ProgressRecorder } from './progress-recorder';
import type { RemoteRunner } from './remote-runner';
import type { ClaimLimits, StartRooms } from './start-room';
import { StepTracker } from './step-tracker';
import type { RequestExpiry } from '../requests/request-expiry';
import type { WindowHolds } from '../gate/window-holds';
import type { ConfirmedPlans } from '../requests/confirmed-plans';
import type { Sweeper } from './sweeper';

export interface WorkerSettings {
  /** Jobs at a time in this process. */
  readonly concurrency: number;
  /** Jobs at a time over all processes. */
  readonly fleetConcurrency: number;
  readonly renewEveryMs?: number;
  readonly sweepEveryMs?: number;
  /** How long running jobs may go on after a stop was asked for. */
  readonly graceMs?: number;
  /** How long the last lines of a log may keep the end of their job waiting. */
  readonly logPatienceMs?: number;
  /** How long a result is tried to be written. */
  readonly outcomePatienceMs?: number;
  /** Jobs that begin within a second over all processes; without a limit when absent. */
  readonly startRate?: number;
  /** Spreads pauses; fair when absent. */
  readonly chance?: Chance;
}

export interface WorkerTools {
  readonly claims: Claims;
  readonly outcomes: Outcomes;
  readonly rooms: StartRooms;
  readonly sweeper: Sweeper;
  readonly expiry: RequestExpiry;
  readonly registry: ActionRegistry;
  readonly scripts: ActionScripts;
  readonly runner: RemoteRunner;
  readonly detached: DetachedRunner;
  readonly requests: Pick<ConfirmedPlans, 'forJob'>;
  readonly windows: Pick<WindowHolds, 'beginning' | 'closedMeanwhile'>;
  readonly log: JobLogRepository;
  readonly bus: LiveBus;
  readonly clock: Clock;
}

const LOG_PATIENCE_MS = 10_000;
/** Not below the time for which the live bus collects, so that its news of a job's end find the place still free. */
const TAKE_AFTER_MS = 60;
/** Where more waits than there was room for, nobody waits for news: this share of all places is taken as soon as it is free. */
const SHARE_TO_TAKE = 0.25;

/** Takes jobs while it has places, keeps their locks, and writes their ends. */
export class JobWorker {
  private readonly logger = new Logger(JobWorker.name);
  private readonly writer: OutcomeWriter;
  readonly id = `${hostname()}:${String(process.pid)}:${randomUUID().slice(0, 8)}`;
  private readonly attempts = new Map<string, { attempt: Attempt; done: Promise<void> }>();
  private readonly timers: NodeJS.Timeout[] = [];
  private stopListening: (() => void) | undefined;
  private stopping = false;
  private taking: Promise<void> = Promise.resolve();
  /** The last look at the queue left something there, and none is under way. */
  private moreWaits = false;
  private wakeTimer: NodeJS.Timeout | undefined;
  private paceTimer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly tools: WorkerTools,
  ) {
    this.writer = new OutcomeWriter(tools.outcomes, settings.outcomePatienceMs);
  }

  start(): void {
    const { renewEveryMs = (LEASE_SECONDS * 1000) / 4, sweepEveryMs = 10_000 } = this.settings;
    this.stopListening = this.tools.bus.listen((signal) => {
      this.heard(signal);
    });
    this.timers.push(setInterval(() => void (this.renewing ??= this.renew()), renewEveryMs));
    this.timers.push(setInterval(() => void (this.sweeping ??= this.sweep()), sweepEveryMs));
    this.sweeping = this.sweep();
    this.wake();
  }

  get running(): number {
    return this.attempts.size;
  }

  /** Takes no more, lets running jobs end, and gives those back that do not within the grace. Their attempt is not spent. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stopListening?.();
    clearTimeout(this.wakeTimer);
    clearTimeout(this.paceTimer);
    const graceMs = this.settings.graceMs ?? 20_000;
    await this.taking;
    await Promise.race([this.allDone(), delay(graceMs, undefined, { ref: false })]);
    for (const { attempt } of this.attempts.values()) attempt.stop('shutdown');
    await Promise.race([this.allDone(), delay(graceMs, undefined, { ref: false })]);
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all([this.renewing, this.sweeping]);
    // Places freed elsewhere, and jobs given back: others may take them at once.
    this.tools.bus.announce({ work: true });
  }

  private async allDone(): Promise<void> {
    await Promise.all([...this.attempts.values()].map(({ done }) => done));
  }

  private heard({ work, everything, cancelledJobIds }: LiveSignal): void {
    for (const id of cancelledJobIds) this.attempts.get(id)?.attempt.stop('cancelled');
    if (work || everything) this.wake();
  }

  /** Several wake-ups within a moment (a place that is free, the news of the same end) lead to one look at the queue. */
  private wake(): void {
    this.wakeTimer ??= setTimeout(() => {
      this.look();
    }, TAKE_AFTER_MS);
  }

  private placeIsFree(): void {
    const { concurrency } = this.settings;
    if (this.moreWaits && concurrency - this.attempts.size >= concurrency * SHARE_TO_TAKE) this.look();
    else this.wake();
  }

  private look(): void {
    clearTimeout(this.wakeTimer);
    this.wakeTimer = undefined;
    this.taking = this.taking.then(() => this.take());
  }

  /** The rate of starts, or whoever held its machine, kept something from beginning: it may at that moment. */
  private wakeIn(nextMs: number): void {
    this.paceTimer ??= setTimeout(
      () => {
        this.paceTimer = undefined;
        this.wake();
      },
      Math.max(0, nextMs - TAKE_AFTER_MS),
    );
  }

  private limits(): Pick<ClaimLimits, 'fleet' | 'startRate'> {
    const { fleetConcurrency: fleet, startRate } = this.settings;
    return startRate === undefined ? { fleet } : { fleet, startRate };
  }

  private async take(): Promise<void> {
    const free = this.settings.concurrency - this.attempts.size;
    if (this.stopping || free <= 0) return;
    this.moreWaits = false;
    try {
      const claims = await this.tools.claims.take(this.id, {
        free,
        ...this.limits(),
        onCut: (nextMs) => {
          this.wakeIn(nextMs);
        },
      });
      for (const claim of claims) this.begin(claim);
      this.moreWaits = claims.length === free;
    } catch (error) {
      this.logger.warn({ err: error }, 'Jobs could not be taken; the next check tries again.');
    }
  }

  private begin(claim: Claim): void {
    const action = this.tools.registry.find(claim.kind);
    const limits = action !== undefined && isChange(action) ? wholeLog : readingLog;
    const recorder = new ProgressRecorder(claim, this.steps(claim, action), this.tools, limits);
    if (action === undefined) {
      const ending: Ending = {
        kind: 'failed',
        failure: unknownActionFailure(claim.kind),
        begun: claim.adopted !== null,
      };
      void this.writer
        .write(claim, ending, { steps: recorder.steps.snapshot(), result: {} })
        .catch(this.unwritten(claim));
      return;
    }
    const attempt = this.attempt(claim, action, recorder);
    const done = this.follow(attempt, recorder)
      .catch(this.unwritten(claim))
      .finally(() => {
        attempt.secrets.release();
        // Given back and taken again at once, the place belongs to the next attempt.
        if (this.attempts.get(claim.jobId)?.attempt === attempt) this.attempts.delete(claim.jobId);
        this.placeIsFree();
      });
    this.attempts.set(claim.jobId, { attempt, done });
  }

  private steps(claim: Claim, action: AnyAction | undefined): StepTracker {
    const now = () => this.tools.clock.now();
    if (action === undefined || !isChange(action)) return new StepTracker(action?.declaration.steps ?? [], now);
    const steps = action.declaration.steps.map(({ name }) => ({ name, sections: [], log: 'output' as const }));
    return new StepTracker(steps, now, claim.adopted?.steps);
  }

  private attempt(claim: Claim, action: AnyAction, recorder: ProgressRecorder): Attempt {
    const { runner, detached, scripts, requests, windows, clock } = this.tools;
    const { chance = fairly } = this.settings;
    return isChange(action)
      ? new ChangeAttempt(claim, action, { runner: detached, scripts, recorder, requests, windows, chance })
      : new ReadAttempt(claim, action, { runner, scripts, recorder, chance, now: () => clock.now() });
  }

  private unwritten(claim: Claim): (error: unknown) => void {
    return (error) => {
      this.logger.error(
        { err: error, jobId: claim.jobId },
        'The end of a job could not be written; the sweep will close it.',
      );
    };
  }

  private async follow(attempt: Attempt, recorder: ProgressRecorder): Promise<void> {
    const { claim } = attempt;
    if (claim.attempt > 1) recorder.note(`Attempt ${String(claim.attempt)} of ${String(claim.maxAttempts)}.`);
    const ending = await attempt.run();
    if (attempt.stoppedBy === 'lease_lost') {
      recorder.abandon();
      return;
    }
    recorder.endOfLog();
    this.conclude(ending, recorder, attempt.secrets);
    const { logPatienceMs = LOG_PATIENCE_MS } = this.settings;
    const log = attempt instanceof ReadAttempt && ending.kind !== 'again' ? await recorder.lastWords() : undefined;
    // With the end of a change its log is complete; what is handed over, the next worker reads again.
    const whole = attempt instanceof ChangeAttempt && ending.kind !== 'handover';
    if (log === undefined) await recorder.close(logPatienceMs, whole ? OUTCOME_PATIENCE_MS : logPatienceMs);
    const facts = { steps: recorder.steps.snapshot(), result: attempt.result() };
    await this.writer.write(claim, ending, { ...facts, log: log ?? null });
    if (ending.kind === 'again' && ending.pauseMs > 0) this.dispatchLater(claim.machineId, ending.pauseMs);
  }

  private conclude(ending: Ending, recorder: ProgressRecorder, secrets: OwnSecrets): void {
    if (ending.kind === 'collected' || ending.kind === 'changed') recorder.steps.finish(ending.outcome.failedSteps);
    else if (ending.kind !== 'handover') recorder.steps.abort();
    if (ending.kind === 'cancelled') recorder.note('Cancelled.');
    if (ending.kind === 'handover') recorder.note('Handed over: another worker asks the machine.');
    if (ending.kind === 'failed' || ending.kind === 'again')
      recorder.note(secrets.mask(ending.failure?.message ?? 'Given back: this worker stops.'));
    if (ending.kind === 'again' && ending.pauseMs > 0)
      recorder.note(`Tried again in ${String(Math.ceil(ending.pauseMs / 1000))} s.`);
  }

  private dispatchLater(machineId: string, pauseMs: number): void {
    const timer = setTimeout(() => {
      this.tools.sweeper.dispatch([machineId]).catch((error: unknown) => {
        this.logger.warn({ err: error, machineId }, 'A retry could not be handed out; the sweep will do it.');
      });
    }, pauseMs + 10);
    timer.unref();
  }

  private async renew(): Promise<void> {
    try {
      const claims = [...this.attempts.values()].map(({ attempt }) => attempt.claim);
      const { lost, cancelled, forced } = await this.tools.claims.renew(this.id, claims);
      // A job that ended meanwhile has no lock either; its attempt is gone from the map or about to go.
      for (const id of lost) this.attempts.get(id)?.attempt.stop('lease_lost');
      for (const id of cancelled) this.attempts.get(id)?.attempt.stop('cancelled');
      for (const id of forced) this.attempts.get(id)?.attempt.endByForce?.();
    } catch (error) {
      this.logger.warn({ err: error }, 'Locks could not be renewed; the next try follows.');
    } finally {
      this.renewing = undefined;
    }
  }

  private async sweep(): Promise<void> {
    const { rooms, sweeper, expiry } = this.tools;
    try {
      await rooms.told(this.limits());
      try {
        await sweeper.sweep();
      } finally {
        await expiry.sweep();
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'The regular check of jobs failed; the next one follows.');
    } finally {
      this.sweeping = undefined;
      this.wake();
    }
  }
}
