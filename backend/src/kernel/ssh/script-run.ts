import type { ClientChannel } from 'ssh2';
import { BackPressure } from './back-pressure';
import { FrameParser } from './frame-parser';
import { RunClock } from './run-clock';
import { buildPayload, type RunPayload } from './run-payload';
import {
  defaultOutputLimits,
  defaultRunTimeouts,
  type OutputChunk,
  type OutputLimits,
  type RunResult,
  type RunScriptOptions,
  type RunTimeouts,
  type StreamName,
  type SudoMode,
} from './run-types';
import { SectionRecorder } from './section-recorder';
import type { RunContext } from './run-context';
import { endingDetails, maskedDetails } from './run-failure';
import { noteReceived } from './young-garbage';
import { SshError, type SshErrorDetails, type SshErrorKind } from './ssh-error';
import { SudoDialog, type DialogStep } from './sudo-dialog';
import { say } from './ssh.sentences';

/** So long a stopped run may take to end on the machine before the channel is closed without waiting. */
const stopGraceMs = 8000;
/** So long the channel may stay open after the last frame. */
const closeGraceMs = 3000;
/** The machine's own time limit comes so much later than ours. */
const remoteGraceMs = 10_000;
type Phase = 'opening' | 'becoming' | 'running' | 'stopping' | 'settled';

/** One reading run: one exec channel, from opening it to the last frame. Settles once. */
export class ScriptRun {
  private phase: Phase = 'opening';
  private channel: ClientChannel | undefined;
  private readonly sudo: SudoMode;
  private readonly timeouts: RunTimeouts;
  private readonly limits: OutputLimits;
  private readonly payload: RunPayload;
  private readonly dialog: SudoDialog;
  private readonly recorder: SectionRecorder;
  private readonly parsers: Record<StreamName, FrameParser>;
  private readonly clock: RunClock;
  private readonly backPressure: BackPressure;
  private readonly startedAt = performance.now();
  private received = 0;
  private exitCode: number | undefined;
  private exitSignal: string | undefined;
  private failure: Error | undefined;
  private graceTimer: NodeJS.Timeout | undefined;
  private resolve!: (result: RunResult) => void;
  private reject!: (error: Error) => void;

  /** @throws TypeError for a bad script or parameter */
  constructor(
    private readonly context: RunContext,
    private readonly options: RunScriptOptions,
  ) {
    this.sudo = context.loginIsRoot ? { kind: 'none' } : options.sudo;
    this.timeouts = { ...defaultRunTimeouts, ...options.timeouts };
    this.limits = { ...defaultOutputLimits, ...options.limits };
    this.payload = buildPayload({
      script: options.script,
      parameters: options.parameters ?? {},
      sudo: this.sudo,
      niceness: options.niceness ?? 10,
      deadlineSeconds: Math.ceil((this.timeouts.totalMs + remoteGraceMs) / 1000),
    });
    this.dialog = new SudoDialog(this.sudo, this.payload.prompt, this.payload.started);
    this.backPressure = this.makeBackPressure();
    this.recorder = this.makeRecorder();
    this.parsers = {
      stdout: new FrameParser(this.payload.boundary, this.recorder.handlerFor('stdout')),
      stderr: new FrameParser(this.payload.boundary, this.recorder.handlerFor('stderr')),
    };
    this.clock = new RunClock(this.timeouts, (kind, limitMs) => {
      this.stop(kind, { limitMs, ...(kind === 'timeout_first_byte' ? { serverText: this.dialog.text } : {}) });
    });
  }

  private makeBackPressure(): BackPressure {
    return new BackPressure({
      onTraffic: (listener) => this.context.onTraffic(listener),
      held: () => {
        this.clock.hold();
      },
      resumed: () => {
        if (this.recorder.finished) this.clock.hold();
        else this.clock.running();
      },
      overrun: () => {
        this.stop('protocol', { reason: say.sends_too_much() });
      },
      failed: (error) => {
        this.failure ??= error;
        this.stop('cancelled');
      },
    });
  }

  run(): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (this.options.signal?.aborted === true) {
        this.stop('cancelled');
        return;
      }
      this.options.signal?.addEventListener('abort', this.onAbort, { once: true });
      this.clock.start();
      this.openChannel();
    });
  }

  private readonly onAbort = (): void => {
    this.stop('cancelled');
  };

  private makeRecorder(): SectionRecorder {
    const { onOutput, wantsOutput, onSection, masker, maskSections = true } = this.options;
    const output =
      onOutput &&
      ((chunk: OutputChunk) => {
        this.backPressure.call(() => onOutput(chunk));
      });
    return new SectionRecorder(this.limits, maskSections ? masker : undefined, {
      outputOf: (section, stream) => (wantsOutput?.(section, stream) === false ? undefined : output),
      section: (event) => {
        this.backPressure.call(() => onSection?.(event));
      },
      overflow: (limitBytes) => {
        if (this.limits.overflow === 'fail') this.stop('output_limit', { limitBytes });
      },
      broken: (reason) => {
        this.stop('protocol', { reason });
      },
    });
  }

  private openChannel(): void {
    try {
      this.context.client.exec(this.payload.command, (error, channel) => {
        if (error !== undefined) this.settleEarly(error);
        else this.onChannel(channel);
      });
    } catch (error) {
      this.settleEarly(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private settleEarly(error: Error): void {
    const lost = this.context.lostReason();
    this.failure ??= this.error(lost === undefined ? 'channel_refused' : 'connection_lost', {
      reason: lost ?? error.message,
    });
    this.settle();
  }

  private onChannel(channel: ClientChannel): void {
    this.channel = channel;
    channel.on('exit', (code: number | null, signal?: string) => {
      this.exitCode = code ?? undefined;
      this.exitSignal = signal;
    });
    // Both streams must be read to their end: they carry the last frame each.
    let streamsOpen = 2;
    const onStreamClose = () => {
      streamsOpen -= 1;
      if (streamsOpen === 0) this.onClose();
    };
    channel.once('close', onStreamClose);
    channel.stderr.once('close', onStreamClose);
    channel.on('error', (error: Error) => {
      this.stop('protocol', { reason: error.message });
    });
    if (this.phase !== 'opening') {
      this.endChannel(channel);
      return;
    }
    this.phase = 'becoming';
    channel.on('data', (chunk: Buffer) => {
      this.onData('stdout', chunk);
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      this.onData('stderr', chunk);
    });
  }

  private onData(stream: StreamName, chunk: Buffer): void {
    this.received += chunk.length;
    noteReceived(chunk.length);
    if (this.phase === 'running') {
      this.clock.progress();
      this.parsers[stream].push(chunk);
    } else if (this.phase === 'becoming') {
      this.onDialog(this.dialog[stream](chunk));
    }
    if (this.recorder.finished) this.finish();
    if (this.received > this.limits.floodBytes) this.stop('output_limit', { limitBytes: this.limits.floodBytes });
  }

  private onDialog(step: DialogStep): void {
    switch (step.step) {
      case 'wait':
        return;
      case 'send_password':
        this.channel?.write(`${step.password}\n`);
        return;
      case 'started':
        this.begin(step.rest);
        return;
      case 'refused':
        this.stop(step.kind, step.details);
    }
  }

  private begin(rest: Buffer): void {
    if (this.channel === undefined) return;
    this.phase = 'running';
    this.clock.running();
    this.backPressure.start(this.channel);
    this.channel.write(this.payload.input);
    if (rest.length > 0) this.parsers.stdout.push(rest);
  }

  /** The last frames are there; the channel closes by itself, or is closed if something on the machine holds it open. */
  private finish(): void {
    if (this.phase !== 'running' || this.graceTimer !== undefined) return;
    this.clock.hold();
    this.channel?.end();
    this.closeAfter(closeGraceMs);
  }

  private closeAfter(delayMs: number): void {
    this.graceTimer ??= setTimeout(() => {
      this.graceTimer = undefined;
      // A consumer that is still at work holds the end of the stream back; it has until the time limit of the run.
      if (this.phase === 'running' && this.backPressure.holding) {
        this.closeAfter(delayMs);
        return;
      }
      this.channel?.close();
      this.settle();
    }, delayMs);
  }

  /** Ends the run early: the end of its input makes the machine kill all of it. */
  private stop(kind: SshErrorKind, details: SshErrorDetails = {}): void {
    if (this.phase === 'stopping' || this.phase === 'settled') return;
    // sudo at its prompt ends at the end of input, and must live to write its log; a login shell that hangs would not.
    const hangs = this.phase !== 'running' && kind !== 'sudo_password';
    this.failure ??= this.error(kind, details);
    this.phase = 'stopping';
    this.clock.stop();
    this.backPressure.stop();
    clearTimeout(this.graceTimer);
    this.graceTimer = undefined;
    if (this.channel !== undefined) this.endChannel(this.channel, hangs);
    else this.settle();
  }

  private endChannel(channel: ClientChannel, hangs = true): void {
    channel.resume();
    channel.stderr.resume();
    // Not ours to reach otherwise: sshd passes the signal on. It cannot be sent after the end of input.
    if (hangs) channel.signal('KILL');
    channel.end();
    this.closeAfter(stopGraceMs);
  }

  private onClose(): void {
    if (this.failure === undefined && !this.recorder.finished) this.failure = this.endedEarly();
    this.settle();
  }

  private endedEarly(): SshError {
    const lost = this.context.lostReason();
    if (lost !== undefined) return this.error('connection_lost', { reason: lost });
    if (this.phase === 'becoming') {
      const { kind, details } = this.dialog.ended(this.exitCode);
      return this.error(kind, details);
    }
    const ending = endingDetails(this.exitCode, this.exitSignal);
    const serverText = this.recorder.strayText('stderr');
    return this.error('protocol', { reason: say.no_last_frame(), serverText, ...ending });
  }

  private error(kind: SshErrorKind, details: SshErrorDetails): SshError {
    const { host, port } = this.context;
    const stage = this.phase === 'running' ? 'run' : 'sudo';
    return new SshError(kind, stage, { host, port, ...maskedDetails(details, this.options.masker) });
  }

  private settle(): void {
    if (this.phase === 'settled') return;
    this.phase = 'settled';
    this.clock.stop();
    clearTimeout(this.graceTimer);
    this.backPressure.stop();
    this.options.signal?.removeEventListener('abort', this.onAbort);
    const result = this.recorder.result(Math.round(performance.now() - this.startedAt), this.received);
    if (this.failure === undefined) {
      this.resolve(result);
      return;
    }
    if (this.failure instanceof SshError && result.sections.length > 0) this.failure.partial = result;
    this.reject(this.failure);
  }
}
