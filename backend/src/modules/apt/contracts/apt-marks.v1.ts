import type { Contract } from '../../../kernel/contracts/contract';
import {
  document,
  flag,
  flagOrNull,
  list,
  nullable,
  nullableList,
  object,
  text,
  textOrNull,
  words,
} from '../../../kernel/contracts/schemas';
import { APT_ERROR_KINDS } from './apt-error-kinds';
import type { AptError } from './apt-update-analyze.v1';

export const MARK_OPERATIONS = ['hold', 'unhold'] as const;
export type MarkOperation = (typeof MARK_OPERATIONS)[number];

/** A package whose mark is set or taken away. */
export interface MarkedPackage {
  /** Of the plan that is confirmed, as the machine made it. */
  readonly line: string;
  /** As apt names its mark: `name`, with the architecture where it is a foreign one. */
  readonly name: string;
  /** Null: marked, but not installed. */
  readonly version: string | null;
  /** It is on hold already. */
  readonly held: boolean;
}

/** `apt_hold_plan` and `apt_unhold_plan`, version 1. */
export interface AptMarksPlan {
  readonly operation: MarkOperation;
  readonly packages: readonly MarkedPackage[];
  /** Every mark that is on the machine. */
  readonly marks: readonly string[];
  /** Why; null: nobody said. Kept by this program, not on the machine. */
  readonly note: string | null;
  /** When it is to be looked at again (ISO 8601); null: never. Nothing is lifted by itself. */
  readonly expires_at: string | null;
}

/** `apt_hold_result` and `apt_unhold_result`, version 1. Null: not measured. */
export interface AptMarksResult {
  readonly ending: 'ended' | 'interrupted' | 'drifted' | 'stopped';
  readonly exit_code: number | null;
  readonly marks: readonly {
    readonly name: string;
    readonly held_before: boolean | null;
    readonly held: boolean | null;
    readonly as_planned: boolean;
  }[];
  /** Marks that changed though no line of the plan names them. */
  readonly unplanned: readonly string[] | null;
  /** Every mark that is on the machine afterwards. */
  readonly marks_after: readonly string[] | null;
  readonly errors: readonly AptError[];
  readonly drift: { readonly missing: readonly string[]; readonly added: readonly string[] } | null;
}

const endings = words(['ended', 'interrupted', 'drifted', 'stopped']);
const mark = object({ name: text, held_before: flagOrNull, held: flagOrNull, as_planned: flag });

function planContract(operation: MarkOperation): Contract {
  return {
    name: `apt_${operation}_plan`,
    title: operation === 'hold' ? 'Plan of holding packages' : 'Plan of lifting holds',
    description:
      `The details of an \`action_plan\` of the action \`apt_${operation}\`: the packages, the marks that are on the ` +
      'machine now, and what this program remembers of them.',
    columns: ['action_request_targets.plan_json'],
    versions: {
      1: {
        body: document(1, {
          operation: words(MARK_OPERATIONS),
          packages: list(object({ line: text, name: text, version: textOrNull, held: flag })),
          marks: list(text),
          note: textOrNull,
          expires_at: textOrNull,
        }),
      },
    },
  };
}

function resultContract(operation: MarkOperation): Contract {
  return {
    name: `apt_${operation}_result`,
    title: operation === 'hold' ? 'Result of holding packages' : 'Result of lifting holds',
    description: `What a run of \`apt_${operation}\` came to, by the marks that were read from the machine before and after it.`,
    columns: ['executions.result_json'],
    versions: {
      1: {
        body: document(1, {
          ending: endings,
          exit_code: { type: ['integer', 'null'] },
          marks: list(mark),
          unplanned: nullableList(text),
          marks_after: nullableList(text),
          errors: list(
            object({
              kind: words(APT_ERROR_KINDS),
              severity: words(['warning', 'error']),
              message: text,
              important_lines: list(text),
              remediation: text,
              subject: textOrNull,
            }),
          ),
          drift: nullable(object({ missing: list(text), added: list(text) })),
        }),
      },
    },
  };
}

function importantContract(operation: MarkOperation): Contract {
  return {
    name: `apt_${operation}_result.important`,
    title: operation === 'hold' ? 'Result of holding packages, in short' : 'Result of lifting holds, in short',
    description: `What lists and reports show of a run of \`apt_${operation}\`.`,
    columns: ['executions.important_json'],
    versions: {
      1: {
        body: document(1, {
          ending: endings,
          marks: list(mark),
          unplanned: nullableList(text),
          errors: list(object({ kind: words(APT_ERROR_KINDS), message: text, subject: textOrNull })),
        }),
      },
    },
  };
}

export const APT_MARKS_CONTRACTS: readonly Contract[] = MARK_OPERATIONS.flatMap((operation) => [
  planContract(operation),
  resultContract(operation),
  importantContract(operation),
]);

/** The same facts as `executions.important_json` keeps them. */
export function importantMarks({ ending, marks, unplanned, errors }: AptMarksResult): object {
  return {
    ending,
    marks,
    unplanned,
    errors: errors.map(({ kind, message, subject }) => ({ kind, message, subject })),
  };
}
