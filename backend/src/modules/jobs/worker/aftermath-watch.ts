import { setTimeout as delay } from 'node:timers/promises';
import type { DetachedState } from '../../../kernel/ssh/detached/detached-types';
import type { RunResult } from '../../../kernel/ssh/run-types';
import type { ActionScripts } from '../actions/action-scripts';
import type { Aftermath, ChangeContext, ChangeOutcome } from '../actions/change-action';
import type { RunFailure } from '../actions/job-action';
import { sectionsOf } from './change-evidence';
import type { DetachedSession } from './detached-runner';
import { isFinal } from './failures';
import { ofOurs } from './meaning';
import type { ProgressRecorder } from './progress-recorder';

/** Between two looks at a machine that answers, in milliseconds; the last one stays. */
const LOOK_PAUSES_MS = [500, 1_000, 2_000, 5_000];

export interface WatchTools {
  readonly scripts: ActionScripts;
  readonly recorder: ProgressRecorder;
}

/** Waits for the effect of a change that comes after its run, with the machine out of reach in between. */
export class AftermathWatch {
  private heardAt: number;

  /** @param silentMs so long the machine was silent already when this worker began */
  constructor(
    private readonly aftermath: Aftermath<object>,
    private readonly tools: WatchTools,
    silentMs: number,
  ) {
    this.heardAt = performance.now() - silentMs;
  }

  /** The machine answered: its patience begins anew. */
  heard(): void {
    this.heardAt = performance.now();
  }

  /**
   * Looks until there is nothing more to wait for. @returns the last look; null where there was nothing to wait for
   * @throws SshError when the connection goes, as it is expected to
   */
  async settle(
    session: DetachedSession,
    state: DetachedState,
    context: ChangeContext<object>,
  ): Promise<RunResult | null> {
    if (!isAwaited(state)) return null;
    const { scripts, recorder } = this.tools;
    recorder.enter('following', this.aftermath.step);
    const {
      text,
      parameters = {},
      timeouts = {},
      limits = {},
    } = await ofOurs(async () => {
      const script = await this.aftermath.script(context);
      return { ...script, text: (await scripts.read(script.file)).text };
    });
    const run = { rebooted: state.rebooted, at: state.result?.finishedAt ?? state.startedAt };
    for (let looks = 0; ; looks += 1) {
      const look = await session.read({ script: text, parameters, timeouts, limits });
      this.heard();
      recorder.contact();
      if (await ofOurs(() => this.aftermath.settled(sectionsOf(look.sections), run, context))) return look;
      await delay(LOOK_PAUSES_MS[looks] ?? LOOK_PAUSES_MS.at(-1), undefined, { signal: context.signal });
    }
  }

  /** What the change came to when nobody waits any longer; null while somebody does. */
  givenUp(failure: RunFailure, context: ChangeContext<object>): ChangeOutcome | null {
    return isFinal(failure.kind) || this.leftMs(context) <= 0 ? this.aftermath.lost(failure, context) : null;
  }

  /** So long the machine may still be silent. */
  leftMs(context: ChangeContext<object>): number {
    return this.heardAt + this.aftermath.patienceSeconds(context) * 1000 - performance.now();
  }
}

/** A run that failed, drifted or was stopped has no effect to come. Of one that was cut off nobody knows. */
function isAwaited({ kind, result }: DetachedState): boolean {
  return kind === 'interrupted' || (result?.ending === 'ended' && result.exitCode === 0);
}
