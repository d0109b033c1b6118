/** A JSON Schema (2020-12). */
export type Schema = Readonly<Record<string, unknown>>;

export type Properties = Readonly<Record<string, Schema>>;

/**
 * No other properties are allowed, and these are required unless they are said to be `optional`: a field left out by
 * mistake is refused, not read as "unknown".
 */
export function object(properties: Properties, optional: Properties = {}): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(properties),
    properties: { ...properties, ...optional },
  };
}

/** The same for a whole document, which begins with the number of its version. */
export function document(version: number, properties: Properties, optional: Properties = {}): Schema {
  return object({ schema_version: { const: version }, ...properties }, optional);
}

export const list = (items: Schema): Schema => ({ type: 'array', items });
export const nullableList = (items: Schema): Schema => ({ type: ['array', 'null'], items });
export const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const words = (values: readonly string[]): Schema => ({ type: 'string', enum: [...values] });
/** An object whose property names are data. */
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });

export const text: Schema = { type: 'string', minLength: 1 };
export const textOrNull: Schema = { type: ['string', 'null'], minLength: 1 };
export const flag: Schema = { type: 'boolean' };
export const flagOrNull: Schema = { type: ['boolean', 'null'] };
export const count: Schema = { type: 'integer', minimum: 0 };
export const countOrNull: Schema = { type: ['integer', 'null'], minimum: 0 };
export const positiveOrNull: Schema = { type: ['integer', 'null'], minimum: 1 };
export const numberOrNull: Schema = { type: ['number', 'null'] };
export const percentOrNull: Schema = { type: ['number', 'null'], minimum: 0, maximum: 100 };
/** A word of an open list, as the columns of such lists have it. */
export const openWord: Schema = { type: 'string', pattern: '^[a-z][a-z0-9_]*$' };
export const uuid: Schema = { type: 'string', format: 'uuid' };
export const uuidOrNull: Schema = { type: ['string', 'null'], format: 'uuid' };
export const time: Schema = { type: 'string', format: 'date-time' };
export const timeOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };
export const sha256OrNull: Schema = { type: ['string', 'null'], pattern: '^[0-9a-f]{64}$' };
/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export const fingerprint: Schema = { type: 'string', pattern: '^SHA256:' };
