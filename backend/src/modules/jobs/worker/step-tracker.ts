import type { Contracts } from '../../../kernel/contracts/contracts';
import type { JsonDocument } from '../../../kernel/contracts/json-document';
import { CONNECT_STEP, STORE_STEP } from '../actions/action-registry';
import type { StepProgress } from '../actions/change-action';
import type { ActionStep, StepLog } from '../actions/job-action';
import { JOB_STEPS, stepsDocument, stepsOf, type JobStepsDocument } from '../contracts/job-documents';
import type { JobStep } from '../job-record';

/** The steps of an action before it begins, with the machinery's own around them. */
export function freshSteps(steps: readonly { readonly name: string }[]): JobStep[] {
  const names = [CONNECT_STEP, ...steps.map(({ name }) => name), STORE_STEP];
  return names.map((name) => ({
    name,
    status: 'waiting',
    startedAt: null,
    endedAt: null,
    percent: null,
    subject: null,
  }));
}

/** Follows a run through its steps by the sections that begin. Pure but for the clock that is passed in. */
export class StepTracker {
  private readonly steps: JobStep[];
  private current: JobStep | undefined;

  constructor(
    private readonly declared: readonly ActionStep[],
    private readonly now: () => Date,
    /** Where another attempt at the same run stood. */
    stored: readonly JobStep[] = [],
  ) {
    this.steps = stored.length > 0 ? stored.map((step) => ({ ...step })) : freshSteps(declared);
    this.current = this.steps.find(({ status }) => status === 'running');
  }

  /** A copy, as it is stored. */
  snapshot(): JobStep[] {
    return this.steps.map((step) => ({ ...step }));
  }

  get currentName(): string | null {
    return this.current?.name ?? null;
  }

  /** @returns false when the step runs already */
  begin(name: string): boolean {
    const step = this.steps.find((candidate) => candidate.name === name);
    if (step === undefined || step === this.current) return false;
    this.end('done');
    // Another attempt at the same run may come to it again.
    step.startedAt ??= this.now().toISOString();
    step.endedAt = null;
    step.status = 'running';
    this.current = step;
    return true;
  }

  /** @returns false when it is of another step than the present one, or says nothing new in whole percent */
  advance({ step, percent, subject }: StepProgress): boolean {
    const { current } = this;
    const whole = Math.floor(percent);
    if (current?.name !== step || (current.percent === whole && current.subject === subject)) return false;
    current.percent = whole;
    current.subject = subject;
    return true;
  }

  /**
   * A section of the script begins. One of a step that is over counts into the present one: a step that went on from its
   * first section to its last would overlap others, and the times of all would come to more than the run.
   * @returns false when no other step begins with it
   */
  section(section: string): boolean {
    const step = this.steps.find(({ name }) => name === this.stepOf(section)?.name);
    return step?.status === 'waiting' ? this.begin(step.name) : false;
  }

  /** What of a section's output a person sees. */
  logOf(section: string): StepLog {
    return this.stepOf(section)?.log ?? 'errors';
  }

  /** The attempt came to its end: what never began was skipped. */
  finish(failed: readonly string[] = []): void {
    this.end('done');
    for (const step of this.steps) {
      if (failed.includes(step.name)) step.status = 'failed';
      else if (step.status === 'waiting') step.status = 'skipped';
    }
  }

  /** The attempt broke off in the present step. */
  abort(): void {
    this.end('failed');
    this.finish();
  }

  private end(status: 'done' | 'failed'): void {
    if (this.current === undefined) return;
    Object.assign(this.current, ended(status, this.now()));
    this.current = undefined;
  }

  private stepOf(section: string): ActionStep | undefined {
    return this.declared.find(({ sections }) =>
      sections.some((pattern) =>
        pattern.endsWith('*') ? section.startsWith(pattern.slice(0, -1)) : pattern === section,
      ),
    );
  }
}

function ended(status: 'done' | 'failed', at: Date): Omit<JobStep, 'name' | 'startedAt'> {
  return { status, endedAt: at.toISOString(), percent: null, subject: null };
}

/** The stored steps of an attempt that nobody follows any more, as they are to be stored; null: unreadable, they stay. */
export function abandonedStepsDocument(contracts: Contracts, stored: unknown, now: Date): JsonDocument | null {
  const reading = contracts.read<JobStepsDocument>(JOB_STEPS.name, stored);
  if (!reading.readable) return null;
  return contracts.document(JOB_STEPS.name, stepsDocument(abandonedSteps(stepsOf(reading.document), now)));
}

/** The steps of an attempt that nobody follows any more. */
export function abandonedSteps(steps: readonly JobStep[], now: Date): JobStep[] {
  return steps.map((step) => {
    if (step.status === 'running') return { ...step, ...ended('failed', now) };
    return step.status === 'waiting' ? { ...step, status: 'skipped' } : step;
  });
}
