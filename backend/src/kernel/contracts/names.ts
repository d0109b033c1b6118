import type { Contract } from './contract';

/**
 * Names as documents write them: snake_case, like the columns beside them. Only names change, at any depth; a name that
 * is data must therefore stand in a list, not as a key.
 */
export function snakeNames(value: unknown): unknown {
  return renamed(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [rename(name), renamed(item, rename)]));
}

/** Of a contract whose facts were stored before they named their version, in camelCase. Newer contracts never were. */
export function alsoUnversioned(contract: Contract): Contract {
  return { ...contract, unversioned: (facts) => snakeNames(facts) as Record<string, unknown> };
}
