/** The part of JSON Schema 2020-12 that settings are described by; the portal draws a control from it. */
export interface JsonSchema {
  readonly type: 'string' | 'integer' | 'boolean' | 'array';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly format?: 'network';
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
}

/** A schema together with the type of the values that it lets through. */
export interface ValueSchema<T> {
  readonly json: JsonSchema;
  /** Carries the type; there is no such property. */
  readonly type?: T;
}

/** The type of the values of a schema. */
export type ValueOf<S> = S extends ValueSchema<infer T> ? T : never;

/** One of some words. */
export interface Choice<T extends string> extends ValueSchema<T> {
  readonly words: readonly T[];
}

export function choice<const T extends string>(...words: readonly T[]): Choice<T> {
  return { json: { type: 'string', enum: words }, words };
}

export function wholeNumber(minimum: number, maximum: number, multipleOf?: number): ValueSchema<number> {
  return { json: { type: 'integer', minimum, maximum, ...(multipleOf === undefined ? {} : { multipleOf }) } };
}

export const yesOrNo: ValueSchema<boolean> = { json: { type: 'boolean' } };

/** Networks in CIDR notation, as `format: network` allows them. */
export function networks(maxItems: number): ValueSchema<readonly string[]> {
  return { json: { type: 'array', items: { type: 'string', format: 'network' }, maxItems, uniqueItems: true } };
}
