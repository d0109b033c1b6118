/** The way to a signed-in connection, in its order. */
export type ConnectStep = 'resolve' | 'connect' | 'banner' | 'key_exchange' | 'host_key' | 'authenticate';

/** Told of each step at its end, well or not, with how long it took in milliseconds. */
export type ConnectStepListener = (step: ConnectStep, durationMs: number) => void;

/** Measures the steps of one attempt. */
export class ConnectSteps {
  private step: ConnectStep | undefined;
  private beganMs = 0;

  constructor(private readonly listener: ConnectStepListener | undefined) {}

  /** The step before is over. Says nothing of a step that goes on already. */
  begin(step: ConnectStep): void {
    if (this.step === step) return;
    this.end();
    this.step = step;
    this.beganMs = performance.now();
  }

  end(): void {
    if (this.step !== undefined) this.listener?.(this.step, Math.round(performance.now() - this.beganMs));
    this.step = undefined;
  }
}
