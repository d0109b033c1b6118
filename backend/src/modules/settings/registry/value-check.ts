import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import type { FieldProblem } from '../../../kernel/errors/domain-error';
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

function sentence(error: ErrorObject): string {
  if (error.keyword === 'format') {
    return 'must be a network in CIDR notation without host part, such as 10.20.0.0/16, not wider than /8 (IPv6: /32) and not loopback, link-local or multicast';
  }
  if (error.keyword === 'enum') {
    return `must be one of ${(error.params as { allowedValues: readonly string[] }).allowedValues.join(', ')}`;
  }
  return error.message ?? error.keyword;
}
