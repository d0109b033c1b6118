import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import type { Actor } from '../../../kernel/auth/actor';
import type { Permission } from '../../../kernel/auth/permissions';
import type { Transaction } from '../../../kernel/database/transaction';
import type { OutputLimits, RunTimeouts } from '../../../kernel/ssh/run-types';
import type { LockKind } from '../entities/jobs.values';
import type { Sentence } from '../../../kernel/sentences/sentences';

/** Metadata key by which actions are discovered. */
export const JOB_ACTION = 'system_update:job_action';

/** Marks a provider as an action. It needs no further registration; its module only has to be part of the application. */
export function JobAction(): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(JOB_ACTION, true));
}

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

export type ActionRisk = 'none' | 'low' | 'medium' | 'high';

/** What of a step's output a person sees while it runs. `errors` is standard error; data of thousands of lines is not for reading. */
export type StepLog = 'output' | 'errors' | 'none';

export interface ActionStep {
  /** Machine name; the portal translates it. */
  readonly name: string;
  /** The step runs while one of these sections of the script runs. `plan.*` names all that begin with `plan.`. */
  readonly sections: readonly string[];
  /** `errors` when absent. */
  readonly log?: StepLog;
}

/** What every action declares. */
/** A parameter that cannot be asked with. */
export interface ParameterFault {
  readonly field: string;
  readonly message: Sentence;
}

export interface CommonDeclaration {
  /** `^[a-z][a-z0-9_]{2,63}$`, unique; stored as `jobs.kind`. */
  readonly name: string;
  readonly title: Sentence;
  /** What a person needs to start it. */
  readonly permission: Permission;
  readonly risk: ActionRisk;
  /** What the machine's lock says; whatever it is, one job at a time touches a machine. */
  readonly lockKind: LockKind;
  /** One attempt, connecting included. */
  readonly timeoutSeconds: number;
  readonly estimateSeconds: number;
  /** Of what a person asks for; 0 when absent, higher first. */
  readonly priority?: number;
  /** Of the parameters, an object; its defaults are filled in. No parameters when absent. */
  readonly parameters?: JsonSchema;
  /** What is wrong with parameters of this form when somebody asks with them now: the field below `parameters`, and why. Pure. */
  readonly refuses?: (parameters: Readonly<Record<string, unknown>>, now: Date) => readonly ParameterFault[];
  /** Earlier forms of the parameters, oldest first, each with the way to the next: jobs queued with them still run. */
  readonly olderParameters?: readonly {
    readonly schema: JsonSchema;
    readonly upcast: (parameters: Record<string, unknown>) => Record<string, unknown>;
  }[];
  /** Jobs of it were queued before their parameters named a version. No new action sets it. */
  readonly unversionedParameters?: true;
  /** The documents that it leaves, as `name@version`. */
  readonly contracts: readonly string[];
  /** Classes of errors that it is the remedy for: where one is shown, it is offered; of a change, its plan. */
  readonly remedies?: readonly string[];
}

/** All that the rest of the program knows about an action that only reads. */
export interface ReadDeclaration extends CommonDeclaration {
  readonly kind: 'read';
  readonly maxAttempts: number;
  /** Between the machinery's own `connect` and `store`. */
  readonly steps: readonly ActionStep[];
}

export interface ActionContext<P extends object = Record<string, never>> {
  readonly jobId: string;
  readonly machineId: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** Validated against the declaration, defaults filled in. */
  readonly parameters: P;
  readonly requestedBy: Actor;
  /** Aborts when the job is cancelled or out of time. */
  readonly signal: AbortSignal;
}

export interface ActionScript {
  /**
   * Absolute path of a POSIX sh file beside the feature, or of several that make one script in their order: what plan and
   * run share stands in one file. Its SHA-256 is kept with the job.
   */
  readonly file: string | readonly string[];
  /** Shell variables of the script. Values are data, whatever they contain. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Values to mask in everything that the run prints, besides the machine's own credentials. */
  readonly secrets?: readonly string[];
  readonly timeouts?: Partial<RunTimeouts>;
  readonly limits?: Partial<OutputLimits>;
}

export interface CollectedSection {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly truncated: boolean;
}

/** Why a run has no end: a class of error, a sentence, and what to do. */
export interface RunFailure {
  readonly kind: string;
  readonly message: Sentence;
  readonly action: Sentence | null;
}

/** What the machine said. */
export interface CollectedRun {
  /** The sections that ended, by name; of several with one name the last. */
  readonly sections: ReadonlyMap<string, CollectedSection>;
  /** Of the script. */
  readonly exitCode: number;
  /** This server's clock around the run. */
  readonly startedAt: Date;
  readonly receivedAt: Date;
  readonly truncated: boolean;
  /** Set when the run broke off after some sections had ended: keep what was read, as a result of status `error`. */
  readonly brokenBy: RunFailure | null;
}

export interface OutcomeDocument {
  /** Name of the contract; `<kind>.important` is that of `important`. */
  readonly kind: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly payload: object;
  readonly important: object;
  /** SHA-256 of everything that {@link ActionOutcome.store} derives rows from, where it derives more than current state. */
  readonly contentSha256?: string;
}

export interface StoreContext {
  readonly jobId: string;
  readonly machineId: string;
  /** Of the document's row; null without a document. */
  readonly snapshotId: string | null;
  /** The snapshot whose content this one shares: rows derived from its content stand there already. Null: derive them. */
  readonly contentSnapshotId: string | null;
  readonly requestedBy: Actor;
  readonly finishedAt: Date;
}

/** What a job met. */
export interface MetError {
  readonly kind: string;
  readonly message: Sentence;
  /** What it is about, by which it is told apart from others of its class: a package, a service. */
  readonly subject?: string | null;
}

/** What an attempt came to. It is written whole or not at all. */
export interface ActionOutcome {
  readonly status: 'ok' | 'warning' | 'error';
  /** With status `error`: why. */
  readonly error?: MetError & { readonly action?: Sentence };
  /** With status `error`: what it met besides. */
  readonly furtherErrors?: readonly MetError[];
  /** It may have read less than the one that failed before: `store` tells which errors of its own action a good end settles. Without it all are. */
  readonly settlesByStore?: boolean;
  /** Kept as a snapshot. */
  readonly document?: OutcomeDocument;
  readonly failedSteps?: readonly string[];
  /** The result in one sentence, for the machine's history. */
  readonly summary?: Sentence;
  /**
   * Writes what is derived from the document. Runs in the transaction that ends the job, after the snapshot's row and
   * under the lock's fence; it may run again after a rollback, so everything in it goes through `tx`.
   */
  store?(tx: Transaction, context: StoreContext): Promise<void>;
}

/** Something that can be read from a machine: one script, and what its output means. Everything else is machinery. */
export interface ReadAction<P extends object = Record<string, never>> {
  readonly declaration: ReadDeclaration;
  /** Just before the run, outside any transaction. */
  script(context: ActionContext<P>): ActionScript | Promise<ActionScript>;
  /** Turns output into an outcome; never throws on what a machine said. Errors thrown here end the job as `internal_error`. */
  collect(run: CollectedRun, context: ActionContext<P>): ActionOutcome | Promise<ActionOutcome>;
}
