/** What holds for values of every type, and so would hold for null as well. */
const FOR_ALL_TYPES = ['anyOf', 'allOf', 'oneOf', 'not', 'if', 'const', '$ref', '$dynamicRef'];

/**
 * A schema that accepts the same values, and is cheaper to check: `anyOf` of something and null becomes that something with null
 * among its types. Of an `anyOf` every branch that does not hold leaves the description of its fault, for each null of a document.
 */
export function withoutNullBranches(schema: object): object {
  const entries = Object.entries(schema).map(([key, value]) => [key, within(value)] as const);
  const { anyOf, ...rest } = Object.fromEntries(entries);
  if (anyOf === undefined) return rest;
  const merged = Object.keys(rest).length === 0 ? withNull(anyOf) : undefined;
  return merged ?? { ...rest, anyOf };
}

function within(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(within);
  return typeof value === 'object' && value !== null ? withoutNullBranches(value) : value;
}

/** The one schema that two branches come to, of which one is null; undefined where it takes both. */
function withNull(branches: unknown): object | undefined {
  if (!Array.isArray(branches) || branches.length !== 2) return undefined;
  const [one, other] = branches as object[];
  const [nothing, something] = isNull(one) ? [one, other] : [other, one];
  if (!isNull(nothing) || something === undefined) return undefined;
  if (FOR_ALL_TYPES.some((keyword) => keyword in something)) return undefined;
  const { type, enum: values } = something as { type?: unknown; enum?: unknown };
  if (typeof type !== 'string' && !(type === undefined && Array.isArray(values))) return undefined;
  return {
    ...something,
    ...(typeof type === 'string' ? { type: [type, 'null'] } : {}),
    ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}),
  };
}

function isNull(schema: object | undefined): boolean {
  return schema !== undefined && 'type' in schema && schema.type === 'null' && Object.keys(schema).length === 1;
}
