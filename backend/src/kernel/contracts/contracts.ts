import { Injectable } from '@nestjs/common';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { contractProblems, currentVersion, schemaOf, type Contract } from './contract';
import { JsonDocument } from './json-document';
import { withoutNullBranches } from './nullable';
import { holdsSecret } from './secret-values';

export type ContractErrorCode = 'contract_mismatch' | 'contract_unknown' | 'document_holds_secret';

/** A document cannot be stored. Says where it differs, never what stood there. */
export class ContractError extends Error {
  constructor(
    readonly code: ContractErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'ContractError';
  }
}

/** What came out of a column. Whatever stands there, reading it never fails. */
export type Reading<T> =
  | {
      readonly readable: true;
      /** As it was stored; 0 from before documents named their version. */
      readonly version: number;
      /** Of the contract's current version. */
      readonly document: T;
    }
  | {
      readonly readable: false;
      /** What the document itself says; null when it names none. */
      readonly version: number | null;
      /** As it stands there. */
      readonly document: unknown;
      readonly reason: UnreadableReason;
    };

/** `newer`: a newer program wrote it; `unknown`: there is no such contract or version; `damaged`: it is not what it says. */
export type UnreadableReason = 'newer' | 'unknown' | 'damaged';

interface Registered {
  readonly contract: Contract;
  readonly current: number;
  readonly validate: ValidateFunction;
}

/** The registry of every document kind. Rooms register theirs in `onModuleInit`. */
@Injectable()
export class Contracts {
  private readonly ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: false });
  private readonly registered = new Map<string, Registered>();

  constructor() {
    addFormats(this.ajv);
  }

  /** @throws Error at start: a name twice, a broken schema, or a version that nothing can read any more */
  register(...contracts: readonly Contract[]): void {
    for (const contract of contracts) {
      const problems = contractProblems(contract);
      if (this.registered.has(contract.name)) problems.push('another one has the same name');
      if (problems.length > 0) throw new Error(`The contract "${contract.name}" cannot stand: ${problems.join('; ')}.`);
      const current = currentVersion(contract);
      // Older versions are compiled too: a schema that is published must be one.
      const validators = Object.keys(contract.versions).map((version) =>
        this.ajv.compile(withoutNullBranches(schemaOf(contract, Number(version)))),
      );
      const validate = validators[current - 1];
      if (validate !== undefined) this.registered.set(contract.name, { contract, current, validate });
    }
  }

  /** Where documents of a contract hold sentences; none for one that is not known. */
  sentencesOf(name: string): readonly string[] {
    return this.registered.get(name)?.contract.sentences ?? [];
  }

  all(): readonly Contract[] {
    return [...this.registered.values()].map(({ contract }) => contract);
  }

  /**
   * Accepts a document for storing.
   * @param body without `schema_version`, or with the current one
   * @throws ContractError when it does not match, or holds a value that is a registered secret
   */
  document(name: string, body: object): JsonDocument {
    const found = this.registered.get(name);
    if (found === undefined) {
      throw new ContractError(
        'contract_unknown',
        `There is no contract "${name}": a document without one is not stored.`,
      );
    }
    const { contract, current, validate } = found;
    const whole = { schema_version: current, ...body };
    if (!validate(whole)) {
      throw new ContractError('contract_mismatch', `${titleOf(name, current)} does not match${faultOf(validate)}.`);
    }
    const document = JsonDocument.accepted(contract, current, whole);
    if (holdsSecret(document)) {
      throw new ContractError(
        'document_holds_secret',
        `${titleOf(name, current)} repeats a stored secret and was not kept.`,
      );
    }
    return document;
  }

  /**
   * Brings a stored document to the current version, step by step.
   * @param version what a column beside it says; absent: what it says itself
   */
  read<T>(name: string, stored: unknown, version: number | null = versionOf(stored)): Reading<T> {
    const shown = Number.isNaN(version) ? null : version;
    const unreadable = (reason: UnreadableReason): Reading<T> => {
      return { readable: false, version: shown, document: stored, reason };
    };
    const found = this.registered.get(name);
    if (found === undefined) return unreadable('unknown');
    const { contract, current, validate } = found;
    if (version === null && contract.unversioned === undefined) return unreadable('unknown');
    if (version !== null && version > current) return unreadable('newer');
    if (version !== null && !(version in contract.versions)) return unreadable('unknown');
    const document = upcast(contract, version ?? 0, stored);
    return document !== null && validate(document)
      ? { readable: true, version: version ?? 0, document: document as T }
      : unreadable('damaged');
  }
}

/** @returns null when an upcaster cannot make sense of it */
function upcast(contract: Contract, from: number, stored: unknown): unknown {
  try {
    const first = from === 0 ? contract.unversioned?.(stored) : undefined;
    let document = first === undefined ? (stored as Record<string, unknown>) : { ...first, schema_version: 1 };
    for (let version = Math.max(from, 1); ; version += 1) {
      const step = contract.versions[version]?.upcast;
      if (step === undefined) return document;
      document = { ...step(document), schema_version: version + 1 };
    }
  } catch {
    // An upcaster trusts the schema of its version. What does not keep to it is damaged, which the caller tells.
  }
  return null;
}

/** @returns null when it names none; NaN when what it names is no version */
function versionOf(stored: unknown): number | null {
  if (typeof stored !== 'object' || stored === null || !('schema_version' in stored)) return null;
  const { schema_version: version } = stored;
  return typeof version === 'number' && Number.isInteger(version) ? version : Number.NaN;
}

function titleOf(name: string, version: number): string {
  return `The document ${name}@${String(version)}`;
}

function faultOf(validate: ValidateFunction): string {
  const [first] = validate.errors ?? [];
  return first === undefined ? '' : ` at ${first.instancePath || '/'}: it ${first.message ?? first.keyword}`;
}
