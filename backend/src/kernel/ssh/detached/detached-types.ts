import type { SectionResult } from '../run-types';

/** What a detached run is started with. */
export interface DetachedStart {
  /** Names everything of the run on the machine; the same id is the same run. A UUID. */
  readonly id: string;
  /** Whoever comes with a lower epoch, or a lower fence within it, is refused by the machine. */
  readonly installation: { readonly id: string; readonly epoch: number };
  /** A bigint, kept as text. */
  readonly fence: string;
  /** POSIX sh; see the README of this folder for what it can call. */
  readonly script: string;
  /** Set as shell variables before the script begins; values are data. Gone from the machine once they are read. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Lines that `confirm_plan` compares with, and their digest. */
  readonly plan: { readonly lines: readonly string[]; readonly digest: string };
  /** Names of the steps at whose end a run that was asked to stop does so. */
  readonly stoppable: readonly string[];
  /** It was started before: a run that is not there any more must not be started again. */
  readonly expected: boolean;
}

/** What a start came to. */
export type StartOutcome =
  | { readonly kind: 'started' | 'attached' }
  /** Nobody can tell whether it will begin: ask again. */
  | { readonly kind: 'unsure' }
  /** It was expected, and the machine has nothing of it. */
  | { readonly kind: 'missing' }
  /** Another run lives there, of this or another installation; nothing was started. */
  | { readonly kind: 'busy'; readonly holder: { readonly runId: string; readonly installationId: string } | null }
  /** A newer fence of this installation was there before; nothing was started. */
  | { readonly kind: 'fence_refused' }
  /** It could not be started, and will not begin. `reason`: the machine's words. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What the machine says of a run. */
export interface DetachedState {
  /**
   * `prepared`: its folder is there, its process has not begun. `interrupted`: no result, and nothing of it lives.
   * `missing`: there is nothing of it.
   */
  readonly kind: 'prepared' | 'running' | 'ended' | 'interrupted' | 'missing';
  /** The machine was restarted since the run began. */
  readonly rebooted: boolean;
  /** Somebody ended it by force, or tried to. */
  readonly forced: boolean;
  /** It runs, though its folder was removed: nothing will tell how it ended. */
  readonly folderGone: boolean;
  /** Bytes of its log; at the end as the result says. */
  readonly logBytes: number;
  /** The machine's clock, precise to the second. */
  readonly startedAt: Date | null;
  /** Null until it has ended. */
  readonly result: DetachedResult | null;
}

export interface DetachedResult {
  /** `drifted`: the plan at the last moment was another. `stopped`: as somebody had asked. */
  readonly ending: 'ended' | 'drifted' | 'stopped';
  readonly exitCode: number;
  readonly finishedAt: Date;
}

/** What of a log can be shown, in order. */
export interface LogPiece {
  /** Whole lines, masked. */
  readonly text: string;
  /** The step that begins after the text. */
  readonly step: string | null;
  /** So many bytes of the log are given out with this piece: whoever stores it goes on from there. */
  readonly offset: number;
  /** So many bytes before the offset were not kept by the machine. */
  readonly omittedBytes?: number;
}

export interface CollectedDetached {
  readonly state: DetachedState;
  /** What the script kept, by name. */
  readonly facts: ReadonlyMap<string, SectionResult>;
  /** The last part of the log, masked; at most 256 KiB. */
  readonly logTail: string;
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}
