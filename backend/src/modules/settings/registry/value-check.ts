import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import type { FieldProblem } from '../../../kernel/errors/domain-error';
import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
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

function sentence({ keyword, params, message }: ErrorObject): Sentence {
  const limit = (params as { limit?: number }).limit ?? 0;
  switch (keyword) {
    case 'enum':
      return say.not_one_of({ words: (params as { allowedValues: readonly string[] }).allowedValues.join(', ') });
    case 'minimum':
      return say.too_small({ minimum: limit });
    case 'maximum':
      return say.too_large({ maximum: limit });
    case 'multipleOf':
      return say.off_step({ step: (params as { multipleOf: number }).multipleOf });
    case 'type':
      return say.not_of_type({ type: (params as { type: string }).type });
    case 'uniqueItems':
      return say.twice();
    case 'maxItems':
      return say.too_many({ most: limit });
    case 'format':
      return say.not_a_network();
    default:
      return quoted(message ?? keyword);
  }
}
