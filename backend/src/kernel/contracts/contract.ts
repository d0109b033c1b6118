import type { Schema } from './schemas';

/**
 * Turns a document of one version into the next one, whose number is written into it afterwards. Pure; it never sees a
 * document of another version.
 */
export type Upcaster = (document: Record<string, unknown>) => Record<string, unknown>;

export interface ContractVersion {
  /**
   * What a document of this version looks like, without the head that every published schema has: an object that
   * requires `schema_version` to be this number. `schemas.ts` has the words for it.
   */
  readonly body: Schema;
  /** To the next version. The newest has none. */
  readonly upcast?: Upcaster;
}

/** A kind of versioned JSON document that the database keeps. */
export interface Contract {
  /** `job_steps`; with dots where several belong together: `event.host_key_changed`. Never renamed: rows go by it. */
  readonly name: string;
  /** What the document is, in a few words. */
  readonly title: string;
  /** What it says, in which units, and who reads it. */
  readonly description: string;
  /** Every column that holds such documents, as `table.column`. */
  readonly columns: readonly string[];
  /** Where its current version holds sentences for people, as `errors.*.message`: `*` stands for each element of a list. */
  readonly sentences?: readonly string[];
  /** From 1, without a gap. The highest is what is written; all of them can be read, for as long as a row may live. */
  readonly versions: Readonly<Record<number, ContractVersion>>;
  /** Reads what was stored before documents named their version. Documents of that time may be anything, even arrays. */
  readonly unversioned?: (document: unknown) => Record<string, unknown>;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;
const COLUMN = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*_json$/;

/** The version that is written today. */
export function currentVersion(contract: Contract): number {
  return Math.max(...Object.keys(contract.versions).map(Number));
}

/** The whole JSON Schema of a version, as it is compiled and published. */
export function schemaOf({ name, title, description, versions }: Contract, version: number): Schema {
  return {
    $schema: DIALECT,
    $id: `urn:system-update:contract:${name}:${String(version)}`,
    title,
    description,
    ...versions[version]?.body,
  };
}

/** @returns what keeps the contract from being one; empty when nothing does */
export function contractProblems(contract: Contract): string[] {
  const problems: string[] = [];
  if (!NAME.test(contract.name)) problems.push('its name must be snake_case words, joined by dots');
  const wrong = contract.columns.filter((column) => !COLUMN.test(column));
  if (wrong.length > 0) problems.push(`${wrong.join(', ')} is no column for documents (table and …_json)`);
  if (contract.columns.length === 0) problems.push('no column holds it');
  const numbers = Object.keys(contract.versions).map(Number);
  if (numbers.length === 0) problems.push('it has no version');
  for (const [index, number] of numbers.entries()) {
    if (number !== index + 1) problems.push(`its version ${String(index + 1)} is missing`);
    problems.push(...versionProblems(contract, number, number === numbers.length));
  }
  return problems;
}

function versionProblems({ versions }: Contract, number: number, newest: boolean): string[] {
  const version = versions[number];
  const { type, required, properties } = version?.body ?? {};
  const named = (properties as Partial<Record<string, { const?: unknown }>> | undefined)?.['schema_version']?.const;
  const demanded = Array.isArray(required) && required.includes('schema_version');
  const problems: string[] = [];
  if (type !== 'object' || named !== number || !demanded) {
    problems.push(`version ${String(number)} must be an object that requires its schema_version`);
  }
  if (newest === (version?.upcast !== undefined)) {
    problems.push(newest ? 'its newest version has an upcaster' : `nothing reads its version ${String(number)}`);
  }
  return problems;
}
