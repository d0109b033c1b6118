import { createHash } from 'node:crypto';
import type { Contract } from '../../../kernel/contracts/contract';
import {
  countOrNull,
  document,
  list,
  nullable,
  object,
  openWord,
  text,
  textOrNull,
  words,
} from '../../../kernel/contracts/schemas';
import type { PlanEffects, PreflightCheck } from '../actions/change-action';
import type { ActionRisk } from '../actions/job-action';

export const RISKS = ['none', 'low', 'medium', 'high'] as const satisfies readonly ActionRisk[];
export const VERDICTS = ['ok', 'warning', 'blocked', 'unknown'] as const satisfies readonly PreflightCheck['verdict'][];

/** `action_plan`, version 2. */
export interface ActionPlanDocument {
  readonly parameters: Record<string, unknown>;
  readonly lines: readonly string[];
  readonly summary: string;
  readonly risk: ActionRisk;
  readonly effects: PlanEffects;
  readonly consequences: readonly { readonly code: string; readonly sentence: string }[];
  readonly checks: readonly {
    readonly code: string;
    readonly verdict: PreflightCheck['verdict'];
    readonly sentence: string;
    readonly action: string | null;
  }[];
  /** With its own `schema_version`. */
  readonly details: Record<string, unknown>;
}

const anyObject = { type: 'object' } as const;

export const UNKNOWN_EFFECTS: PlanEffects = { removed: null, added: null, origins: null };

/** What a plan comes to, as rules of approval ask for it. Null: not known. */
export const PLAN_EFFECTS = object({
  removed: countOrNull,
  added: countOrNull,
  origins: nullable(words(['none', 'security', 'other'])),
});

const plan = {
  parameters: anyObject,
  // Printable ASCII without outer space: what `sort` and `sha256sum` make of it is the same on any machine.
  lines: { ...list({ type: 'string', pattern: '^[!-~]([ -~]*[!-~])?$' }), minItems: 1 },
  summary: text,
  risk: words(RISKS),
  consequences: list(object({ code: openWord, sentence: text })),
  checks: list(object({ code: openWord, verdict: words(VERDICTS), sentence: text, action: textOrNull })),
  details: anyObject,
};

export const ACTION_PLAN: Contract = {
  name: 'action_plan',
  title: 'Plan of a change on one machine',
  description:
    'Exactly what a change would do on one machine: its parameters, one line for each effect, what must be accepted by ' +
    'hand, and the verdicts of the look before it. The digest of the plan is SHA-256 over the lines in byte order, each ' +
    'once and ended by a newline. Since version 2 it says in numbers what it comes to. `details` is a document of the contract `<action>_plan`.',
  columns: ['action_request_targets.plan_json'],
  versions: {
    1: { body: document(1, plan), upcast: (body) => ({ ...body, effects: UNKNOWN_EFFECTS }) },
    2: { body: document(2, { ...plan, effects: PLAN_EFFECTS }) },
  },
};

export const REQUEST_PARAMETERS: Contract = {
  name: 'request_parameters',
  title: 'Parameters of a request for a change',
  description:
    'What a request asks its action to do: the parameters of its plan, validated, defaults filled in. The job of a ' +
    'confirmed request gets them by the schema that the action has by then.',
  columns: ['action_requests.payload_json'],
  versions: { 1: { body: document(1, { parameters: anyObject }) } },
};

/** What a person confirms: SHA-256, hexadecimal, over the plan's lines as `LC_ALL=C sort -u` orders them. */
export function planDigest(lines: readonly string[]): string {
  const hash = createHash('sha256');
  // Lines are ASCII, so the order of code units is that of bytes.
  for (const line of [...new Set(lines)].sort()) hash.update(`${line}\n`);
  return hash.digest('hex');
}
