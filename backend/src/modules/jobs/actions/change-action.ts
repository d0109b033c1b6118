import type { Transaction } from '../../../kernel/database/transaction';
import type { LogWatcher } from '../../history/log-watcher';
import type { Actor } from '../../../kernel/auth/actor';
import type { Sentence } from '../../../kernel/sentences/sentences';
import type {
  ActionContext,
  ActionRisk,
  ActionScript,
  ActionStep,
  CollectedRun,
  CollectedSection,
  CommonDeclaration,
  MetError,
  RunFailure,
} from './job-action';

/** What must be ticked by hand before a plan can be confirmed. */
export interface PlanConsequence {
  /** `removals`, `essential_host` …; named again by whoever confirms. */
  readonly code: string;
  readonly sentence: Sentence;
}

/** One verdict of the look before the change. `blocked` keeps the plan from being confirmed. */
export interface PreflightCheck {
  readonly code: string;
  readonly verdict: 'ok' | 'warning' | 'blocked' | 'unknown';
  readonly sentence: Sentence;
  /** What to do about it; null when nothing is to be done. */
  readonly action: Sentence | null;
}

/** What a plan comes to on the machine, in the words that rules of approval have. */
export interface PlanEffects {
  /** Packages; null: not known. */
  readonly removed: number | null;
  /** Packages that were not there before; null: not known. */
  readonly added: number | null;
  /** Where what is brought comes from: archives for security alone, or others too. Null: not known of each. */
  readonly origins: 'none' | 'security' | 'other' | null;
}

/** What a plan would do to one package. */
export interface PackageEffect {
  readonly operation: 'upgrade' | 'install' | 'remove' | 'downgrade';
  readonly name: string;
  /** As apt prints it: `Label:Version/Suite`, several with commas. Null: nothing comes from anywhere, or it is not known. */
  readonly origin: string | null;
  /** Whether the version that it brings comes from an archive for security. Null: not known. */
  readonly security: boolean | null;
}

/** Exactly what a change would do on one machine. */
export interface ChangePlan {
  /**
   * One line per effect, in a form that the machine can make too: printable ASCII without leading or trailing space.
   * Their digest is SHA-256 over the lines in byte order (`LC_ALL=C sort -u`), each ended by a newline.
   */
  readonly lines: readonly string[];
  readonly summary: Sentence;
  readonly risk: ActionRisk;
  /** Absent: nothing is known of it. */
  readonly effects?: PlanEffects;
  readonly consequences: readonly PlanConsequence[];
  readonly checks: readonly PreflightCheck[];
  /** Of the contract `<action>_plan`: what the plan's page shows besides. */
  readonly details: object;
}

/** What the reading run before a change came to. */
export type PlanOutcome =
  | { readonly kind: 'planned'; readonly plan: ChangePlan; readonly failedSteps?: readonly string[] }
  /** There is nothing to change. */
  | { readonly kind: 'nothing'; readonly summary: Sentence }
  | { readonly kind: 'failed'; readonly failure: RunFailure; readonly failedSteps?: readonly string[] };

/** All that the rest of the program knows about an action that changes a machine. */
export interface ChangeDeclaration extends CommonDeclaration {
  readonly kind: 'change';
  /** Of the reading run that makes the plan; its job is `<name>_plan`. */
  readonly plan: {
    readonly title: Sentence;
    readonly timeoutSeconds: number;
    readonly estimateSeconds: number;
    readonly steps: readonly ActionStep[];
  };
  /** As the detached script reports them (`step NAME`), in their order; between the machinery's own steps. */
  readonly steps: readonly { readonly name: string; readonly stoppable: boolean }[];
  /** Codes of all consequences that its plans may name: nobody accepts another one, by hand or in advance. */
  readonly consequences: readonly string[];
  /**
   * First word of the line by which its plans name what machines have in common of which only one at a time may be changed, e.g.
   * `cluster`. The same line is the same cluster; a plan without one runs beside all others.
   */
  readonly apart?: string;
  /** A reading action with the same parameters that fetches what it needs: a schedule runs it before the window opens. */
  readonly beforehand?: string;
  /** {@link ChangeOutcome.followUps} of a run that began and came to no outcome, on a machine that answers. */
  readonly followUps?: ChangeOutcome['followUps'];
  /** So long a plan may wait for its confirmation, and a confirmed one for its run where no window says otherwise, in seconds. */
  readonly validForSeconds: number;
}

export interface ChangeContext<P extends object = Record<string, never>> extends ActionContext<P> {
  /** The details of the confirmed plan, as {@link ChangePlan.details} had them. */
  readonly plan: object;
  readonly planLines: readonly string[];
  readonly planDigest: string;
}

/** How far a step is, as the tool itself tells. */
export interface StepProgress {
  readonly step: string;
  /** 0 to 100. */
  readonly percent: number;
  /** What is at work, as a package; null where nothing is named. */
  readonly subject: string | null;
}

/** How a detached run ended, by the evidence on the machine. */
export interface FinishedChange {
  /**
   * `ended`: the script wrote its result. `interrupted`: the machine was restarted, or the script killed, before it
   * could. `drifted`: the last look differed from the confirmed plan and nothing was changed.
   */
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  /** Of the script; null unless it ended. */
  readonly exitCode: number | null;
  /** The machine's own clock, seconds precision; null where the machine could not say. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** The machine was restarted since the run began. */
  readonly rebooted: boolean;
  /** What it kept was removed from the machine while it worked: it has ended, and how is not known. */
  readonly recordLost?: boolean;
  /** Somebody ended it by force. */
  readonly forced?: boolean;
  /** Facts that the script kept (`keep NAME command…`), and those of the collecting run. */
  readonly sections: ReadonlyMap<string, CollectedSection>;
  /** What it printed, masked: of a run that failed all of it as it is stored, else at least the last 256 KiB. */
  readonly log: string;
  /** Masks a text as its log is; sections are masked by less. Absent: nothing opens the machine that may stand in a text by chance. */
  readonly masked?: (text: string) => string;
  /** With `drifted`: lines that only the confirmed plan has, and lines that only the machine has now. */
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

export interface ChangeStoreContext {
  readonly jobId: string;
  readonly machineId: string;
  /** The row of `executions`; equal to the job's id, as the run on the machine is. */
  readonly executionId: string;
  readonly requestId: string;
  readonly requestedBy: Actor;
  readonly finishedAt: Date;
}

export interface ChangeOutcome {
  readonly status: 'ok' | 'warning' | 'error';
  /** With status `error`: why. */
  readonly error?: MetError & { readonly action?: Sentence };
  /** With status `error`: what it met besides. */
  readonly furtherErrors?: readonly MetError[];
  /** With status `error`: it was refused before it changed anything, so the machine is as it was. */
  readonly untouched?: boolean;
  /**
   * It may have done less than the run that failed before: `store` tells which errors of its own action a good end settles. Without it
   * all of them are.
   */
  readonly settlesByStore?: boolean;
  /** Of the contract `<action>_result`; kept in `executions.result_json`. */
  readonly result: object;
  /** Of the contract `<action>_result.important`. */
  readonly important: object;
  readonly summary: Sentence;
  readonly failedSteps?: readonly string[];
  /** Reading actions to queue on the machine once this has ended: what is known of it is old now. */
  readonly followUps?: readonly { readonly action: string; readonly parameters: object }[];
  /** As of a reading action: derived rows, in the transaction that ends the job. */
  store?(tx: Transaction, context: ChangeStoreContext): Promise<void>;
}

/** What is known of a run whose effect is still awaited. */
export interface AwaitedRun {
  /** The machine was restarted since the run began. */
  readonly rebooted: boolean;
  /** When the run ended, or began where it was cut off: the machine's clock, precise to the second. */
  readonly at: Date | null;
}

/**
 * Of a change whose effect comes only once its run is over, and takes the machine out of reach on the way. Losing the
 * connection is expected then; the machine is waited for, by whichever worker, and what it says afterwards decides.
 */
export interface Aftermath<P extends object = Record<string, never>> {
  /** Of the declared steps the one that begins when the run is over. */
  readonly step: string;
  /** So long the machine may be silent, in seconds since it was last heard of. */
  patienceSeconds(context: ChangeContext<P>): number;
  /** A reading run that looks how far it is. The sections of the last one join those that {@link ChangeAction.collect} gets. */
  script(context: ChangeContext<P>): ActionScript | Promise<ActionScript>;
  /** Whether there is nothing more to wait for, by such a look. Pure; it must come true at some time on a machine that answers. */
  settled(look: CollectedRun['sections'], run: AwaitedRun, context: ChangeContext<P>): boolean;
  /** What the change came to when the machine was silent for too long, or may not be talked to any more. */
  lost(failure: RunFailure, context: ChangeContext<P>): ChangeOutcome;
}

/** Something that changes a machine: a plan that a person confirms, a detached script, and the proof of what it did. */
export interface ChangeAction<P extends object = Record<string, never>> {
  readonly declaration: ChangeDeclaration;
  /** The reading run that makes the plan, pre-flight included. */
  planScript(context: ActionContext<P>): ActionScript | Promise<ActionScript>;
  plan(run: CollectedRun, context: ActionContext<P>): PlanOutcome | Promise<PlanOutcome>;
  /** What a plan of it would do to packages, by its details; absent of actions that change none. Pure. */
  packageEffects?(details: object): readonly PackageEffect[];
  /** What runs detached. It makes the plan's lines once more, and calls `confirm_plan FILE` before it changes anything. */
  script(context: ChangeContext<P>): ActionScript | Promise<ActionScript>;
  /** Reads a line of the status that the script's tool writes to `$SU_DIR/progress`; null for what says nothing new. */
  progress?(line: string): StepProgress | null;
  /** A reading run after the end, for evidence beyond what the run left; none when absent, or null. */
  collectScript?(context: ChangeContext<P>, left: FinishedChange): ActionScript | null | Promise<ActionScript | null>;
  /** Where the effect comes after the run; absent where the run itself is all. */
  readonly aftermath?: Aftermath<P>;
  /** Of the log of one run, for messages that outlive it; none when absent. */
  watchLog?(): LogWatcher;
  /** Turns the evidence into an outcome; never throws on what a machine said. */
  collect(run: FinishedChange, context: ChangeContext<P>): ChangeOutcome | Promise<ChangeOutcome>;
}
