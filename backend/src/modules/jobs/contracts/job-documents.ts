import type { Contract } from '../../../kernel/contracts/contract';
import {
  countOrNull,
  document,
  list,
  object,
  percentOrNull,
  sha256OrNull,
  text,
  textOrNull,
  timeOrNull,
  uuidOrNull,
  words,
} from '../../../kernel/contracts/schemas';
import type { JobResult, JobStep, StepStatus } from '../job-record';

const STEP_STATUSES: readonly StepStatus[] = ['waiting', 'running', 'done', 'failed', 'skipped'];

/** `job_steps`, version 2. */
export interface JobStepsDocument {
  readonly steps: readonly (StoredStep & { readonly percent: number | null; readonly subject: string | null })[];
}

/** As version 1 had it. */
interface StoredStep {
  readonly name: string;
  readonly status: StepStatus;
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

/** `job_result`, version 1. */
export interface JobResultDocument {
  readonly script_sha256: string | null;
  readonly snapshot_id: string | null;
  readonly summary: string | null;
  readonly error_action: string | null;
  readonly duration_ms: number | null;
  readonly received_bytes: number | null;
}

const storedStep = { name: text, status: words(STEP_STATUSES), started_at: timeOrNull, ended_at: timeOrNull };

export const JOB_STEPS: Contract = {
  name: 'job_steps',
  title: 'Steps of a job',
  description:
    'How far the last attempt of a job came: its steps in their order. Written while it runs; times are UTC. A step that ' +
    'an attempt never reached is `skipped`. Since version 2 the running one may say how far it is (whole percent) and ' +
    'what is at work in it, as a package.',
  columns: ['jobs.steps_json'],
  versions: {
    1: {
      body: document(1, { steps: list(object(storedStep)) }),
      upcast: ({ steps }) => ({
        steps: (steps as StoredStep[]).map((step) => ({ ...step, percent: null, subject: null })),
      }),
    },
    2: { body: document(2, { steps: list(object({ ...storedStep, percent: percentOrNull, subject: textOrNull })) }) },
  },
  unversioned: (steps) => ({
    steps: (steps as JobStep[]).map(({ name, status, startedAt, endedAt }) => ({
      name,
      status,
      started_at: startedAt,
      ended_at: endedAt,
    })),
  }),
};

export const JOB_RESULT: Contract = {
  name: 'job_result',
  title: 'Result of a job',
  description:
    'What is kept of the last attempt of a job besides its documents: which script ran (SHA-256 of the file), the ' +
    'snapshot that it left, its result in a sentence, what to do about its error, how long the machine worked ' +
    '(milliseconds) and how much it answered (bytes). Null: there was none.',
  columns: ['jobs.result_json'],
  versions: {
    1: {
      body: document(1, {
        script_sha256: sha256OrNull,
        snapshot_id: uuidOrNull,
        summary: textOrNull,
        error_action: textOrNull,
        duration_ms: countOrNull,
        received_bytes: countOrNull,
      }),
    },
  },
  unversioned: (result) => ({ ...resultDocument(result as JobResult) }),
};

export const JOB_DOCUMENTS = [JOB_STEPS, JOB_RESULT];

export function stepsDocument(steps: readonly JobStep[]): JobStepsDocument {
  return {
    steps: steps.map(({ startedAt, endedAt, ...step }) => ({ ...step, started_at: startedAt, ended_at: endedAt })),
  };
}

export function stepsOf({ steps }: JobStepsDocument): JobStep[] {
  return steps.map(({ started_at, ended_at, ...step }) => ({ ...step, startedAt: started_at, endedAt: ended_at }));
}

export function resultDocument(result: JobResult): JobResultDocument {
  return {
    script_sha256: result.scriptSha256 ?? null,
    snapshot_id: result.snapshotId ?? null,
    summary: result.summary ?? null,
    error_action: result.errorAction ?? null,
    duration_ms: result.durationMs ?? null,
    received_bytes: result.receivedBytes ?? null,
  };
}
