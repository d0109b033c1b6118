import type { RunResult, SectionResult } from '../../src/kernel/ssh/run-types';
import type { Contract } from '../../src/kernel/contracts/contract';
import { document } from '../../src/kernel/contracts/schemas';
import type {
  ChangeAction,
  ChangeDeclaration,
  ChangePlan,
  PlanOutcome,
} from '../../src/modules/jobs/actions/change-action';
import type {
  ActionOutcome,
  CollectedRun,
  ReadAction,
  ReadDeclaration,
} from '../../src/modules/jobs/actions/job-action';
import { RemoteRunner, type RemoteRun } from '../../src/modules/jobs/worker/remote-runner';
import { quoted } from '../../src/kernel/sentences/sentences';

/** Name of the action and of its document. */
export const READING = 'fake_reading';

/** Something that a test opens when it wants the other side to go on. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** What a machine answers, section by section. */
export function answer(sections: Readonly<Record<string, string>>): RunResult {
  const list = Object.entries(sections).map(([name, stdout]) => sectionOf(name, stdout));
  return {
    exitCode: 0,
    durationMs: 5,
    sections: list,
    truncated: false,
    receivedBytes: 100,
    stray: { stdout: '', stderr: '' },
    section: (name) => list.findLast((section) => section.name === name),
  };
}

function sectionOf(name: string, stdout: string): SectionResult {
  return { name, exitCode: 0, durationMs: 1, stdout, stderr: '', truncated: false, droppedBytes: 0 };
}

type Behaviour = (run: RemoteRun) => RunResult | Promise<RunResult>;

/** Machines as a test wants them. One that was not prepared fails the run. */
export class FakeRemote extends RemoteRunner {
  /** Machine ids in the order in which runs began. */
  readonly began: string[] = [];
  private readonly behaviours = new Map<string, Behaviour>();
  private standard: Behaviour | undefined;

  on(machineId: string, behaviour: Behaviour): void {
    this.behaviours.set(machineId, behaviour);
  }

  otherwise(behaviour: Behaviour): void {
    this.standard = behaviour;
  }

  override async run(run: RemoteRun): Promise<RunResult> {
    const behaviour = this.behaviours.get(run.machineId) ?? this.standard;
    if (behaviour === undefined) throw new Error(`an unexpected run on ${run.machineId}`);
    this.began.push(run.machineId);
    run.onConnected();
    return behaviour(run);
  }
}

/** Rejects as the run does when it is stopped; never resolves. */
export function hang(run: RemoteRun): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(new Error('stopped'));
    if (run.signal.aborted) stop();
    run.signal.addEventListener('abort', stop, { once: true });
  });
}

export interface FakeActionOptions extends Partial<ReadDeclaration> {
  readonly outcome?: () => ActionOutcome;
}

/** An action whose script is never sent anywhere. */
export function fakeAction({ outcome, ...declaration }: FakeActionOptions = {}): ReadAction<object> {
  return {
    declaration: {
      kind: 'read',
      name: READING,
      title: quoted('Fake reading'),
      permission: 'machines.run',
      risk: 'none',
      lockKind: 'exclusive',
      timeoutSeconds: 60,
      estimateSeconds: 1,
      maxAttempts: 2,
      steps: [
        { name: 'look', sections: ['look'], log: 'output' },
        { name: 'think', sections: ['think.*'] },
      ],
      parameters: {
        type: 'object',
        additionalProperties: false,
        properties: { number: { type: 'integer' }, deep: { type: 'boolean', default: false } },
      },
      unversionedParameters: true,
      contracts: [`${READING}@1`],
      ...declaration,
    },
    script: () => ({ file: __filename }),
    collect: ({ sections }) =>
      outcome?.() ?? {
        status: 'ok',
        summary: quoted('all is well'),
        document: {
          kind: READING,
          status: 'ok',
          payload: { look: sections.get('look')?.stdout ?? null },
          important: {},
        },
      },
  };
}

/** Name of the fake change; its plan is `fake_change_plan`. */
export const CHANGE = 'fake_change';

/** The contract of the fake plan's details. */
export const CHANGE_PLAN_CONTRACT: Contract = {
  name: `${CHANGE}_plan`,
  title: 'fake plan',
  description: 'fake plan',
  columns: ['action_request_targets.plan_json'],
  versions: { 1: { body: document(1, { seen: { type: 'string' } }) } },
};

/** The contracts of what the fake change leaves. */
export const CHANGE_RESULT_CONTRACTS: readonly Contract[] = ['result', 'important'].map((part) => {
  const name = part === 'result' ? `${CHANGE}_result` : `${CHANGE}_result.important`;
  const body = { ...document(1, {}), additionalProperties: true };
  return { name, title: name, description: name, columns: [`executions.${part}_json`], versions: { 1: { body } } };
});

export interface FakeChangeOptions extends Partial<ChangeDeclaration> {
  readonly planned?: (run: CollectedRun) => PlanOutcome;
}

/** What the fake plan says, unless a test says otherwise: the look's words, line by line. */
export function fakePlan(lines: readonly string[], more: Partial<ChangePlan> = {}): PlanOutcome {
  return {
    kind: 'planned',
    plan: {
      lines,
      summary: quoted('things will change'),
      risk: 'low',
      consequences: [],
      checks: [{ code: 'fine', verdict: 'ok', sentence: quoted('All is fine.'), action: null }],
      details: { seen: lines.join('|') },
      ...more,
    },
  };
}

/** A change whose scripts are never sent anywhere. */
export function fakeChange({ planned, ...declaration }: FakeChangeOptions = {}): ChangeAction<object> {
  return {
    declaration: {
      kind: 'change',
      name: CHANGE,
      title: quoted('Fake change'),
      permission: 'changes.confirm',
      risk: 'medium',
      lockKind: 'apt',
      timeoutSeconds: 60,
      estimateSeconds: 1,
      validForSeconds: 600,
      consequences: ['removals'],
      steps: [{ name: 'act', stoppable: false }],
      plan: {
        title: quoted('Plan the fake change'),
        timeoutSeconds: 60,
        estimateSeconds: 1,
        steps: [{ name: 'look', sections: ['look'] }],
      },
      parameters: {
        type: 'object',
        additionalProperties: false,
        properties: { deep: { type: 'boolean', default: false } },
      },
      contracts: [],
      ...declaration,
    },
    planScript: () => ({ file: __filename }),
    plan: (run) => planned?.(run) ?? fakePlan((run.sections.get('look')?.stdout ?? '').split('\n').filter(Boolean)),
    script: () => ({ file: __filename }),
    // `STEP PERCENT SUBJECT`
    progress: (line) => {
      const [step = '', percent = '', subject = null] = line.split(' ');
      return percent === '' ? null : { step, percent: Number(percent), subject };
    },
    collect: ({ ending, log }) => ({
      status: ending === 'ended' ? 'ok' : 'error',
      result: { ending, log },
      important: {},
      summary: quoted('changed'),
    }),
  };
}
