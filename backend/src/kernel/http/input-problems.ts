import type { FieldProblem } from '../errors/domain-error';
import { say } from './validation.sentences';

/** No request of ours comes near it; libraries that walk a document by recursion would run out of stack. */
const DEEPEST = 20;

/**
 * What is wrong with an input before its fields are looked at. Pure.
 *
 * @param part what it is called as a whole: `body`, `query` or `data`
 * @param declared false: the handler takes nothing, so that every field is unknown
 */
export function inputProblems(part: string, input: unknown, declared: boolean): FieldProblem[] {
  if (input === undefined) return [];
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return [problem(part, say.object)];
  if (!declared) return Object.keys(input).map((field) => problem(field, say.no_such_field));
  return strangeFields(input, '', 1);
}

/** Names that every object inherits pass for known ones wherever a library looks a name up in a plain object. */
function strangeFields(value: object, path: string, depth: number): FieldProblem[] {
  if (depth > DEEPEST) return [problem(path, say.too_deep)];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const field = path === '' ? name : `${path}.${name}`;
    if (name in Object.prototype) return [problem(field, say.no_such_field)];
    if (typeof inner === 'string' && !isText(inner)) return [problem(field, say.no_text)];
    return typeof inner === 'object' && inner !== null ? strangeFields(inner, field, depth + 1) : [];
  });
}

/** The database takes neither the sign of the number 0 nor half a pair of surrogates. */
function isText(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

function problem(field: string, sentence: (parameters: { field: string }) => FieldProblem['message']): FieldProblem {
  return { field, message: sentence({ field }) };
}
