import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import type { FieldProblem } from '../../../kernel/errors/domain-error';
import { schemaProblem } from '../../../kernel/errors/schema-problem';
import type { Sentence } from '../../../kernel/sentences/sentences';
import { say } from '../settings.sentences';
import { isSearchableNetwork } from './network';
import type { JsonSchema } from './value-schema';

const ajv = new Ajv2020({ strict: true, allErrors: true });
ajv.addFormat('network', isSearchableNetwork);

const compiled = new Map<JsonSchema, ValidateFunction>();

/** What is wrong with a value, each by the name of its setting and the JSON path in it; empty when it fits. */
export function valueProblems(name: string, schema: JsonSchema, value: unknown): FieldProblem[] {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => ({ field: `${name}${error.instancePath}`, message: sentence(error) }));
}

function sentence(error: ErrorObject): Sentence {
  return error.keyword === 'format' ? say.not_a_network() : schemaProblem(error);
}
