import type { ValueSchemaDto } from '../../api/models';
import type { FieldProblem, Problem } from '../../core/errors/problem';
import type { Draft } from './settings-store';

/** What is wrong with a value. */
export type Fault =
  | { readonly kind: 'number'; readonly minimum: number; readonly maximum: number; readonly step: number }
  | { readonly kind: 'twice'; readonly text: string }
  | { readonly kind: 'tooMany'; readonly most: number };

/** Numbers and repetitions can be judged here; whether a text is a network, the server says. */
export function faultOf(schema: ValueSchemaDto, value: Draft): Fault | null {
  if (schema.type === 'integer') {
    const { minimum = -Infinity, maximum = Infinity, multipleOf: step = 1 } = schema;
    const fits = typeof value === 'number' && value >= minimum && value <= maximum && value % step === 0;
    return fits ? null : { kind: 'number', minimum, maximum, step };
  }
  if (Array.isArray(value)) {
    const again = value.find((text, index) => value.indexOf(text) < index);
    if (again !== undefined) {
      return { kind: 'twice', text: again };
    }
    if (value.length > (schema.maxItems ?? Infinity)) {
      return { kind: 'tooMany', most: schema.maxItems ?? 0 };
    }
  }
  return null;
}

/** What the server refused of a value: the field of its answer is the setting's key, with `/1` for an item of a list. */
export function refusedPart(
  problem: Problem,
  key: string,
  value: Draft,
): { readonly item: string | null; readonly why: FieldProblem } | null {
  const [field, why] =
    Object.entries(problem.fields).find(([name]) => name === key || name.startsWith(`${key}/`)) ?? [];
  if (field === undefined || why === undefined) {
    return null;
  }
  const item = Array.isArray(value) && field !== key ? value[Number(field.slice(key.length + 1))] : undefined;
  return { item: item ?? null, why };
}

export function sameValue(a: Draft, b: Draft): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
