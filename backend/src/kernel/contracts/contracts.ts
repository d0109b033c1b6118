import { Injectable } from '@nestjs/common';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { holdsSecret } from './secret-values';

/** Turns a document of one version into the next one. Pure. */
export type Upcaster = (document: unknown) => unknown;

/** A versioned JSON document that is kept in the database. */
export interface Contract {
  /** `apt_update_analyze`, or `apt_update_analyze.important` for the reduced form. */
  readonly name: string;
  /** What is written today. Every older version that was ever stored has an upcaster. */
  readonly version: number;
  /** JSON Schema 2020-12 of the current version. */
  readonly schema: object;
  /** By the version that they read: `{ 1: fromOneToTwo }`. */
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
}

export type ContractErrorCode = 'contract_mismatch' | 'contract_unknown' | 'contract_newer' | 'document_holds_secret';

/** A document cannot be stored or read. Says where it differs, never what stood there. */
export class ContractError extends Error {
  constructor(
    readonly code: ContractErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'ContractError';
  }
}

interface Registered {
  readonly contract: Contract;
  readonly validate: ValidateFunction;
}

const contractName = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/;

/** The registry of every document kind. Rooms register theirs in `onModuleInit`. */
@Injectable()
export class Contracts {
  private readonly ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: false });
  private readonly registered = new Map<string, Registered>();

  constructor() {
    addFormats(this.ajv);
  }

  /** @throws Error at start: a name twice, a broken schema, or a version that nothing can read any more */
  register(contract: Contract): void {
    const { name, version } = contract;
    if (!contractName.test(name)) throw new Error(`"${name}" is no contract name.`);
    if (this.registered.has(name)) throw new Error(`The contract "${name}" is registered twice.`);
    for (let from = 1; from < version; from += 1) {
      if (contract.upcasters?.[from] === undefined) {
        throw new Error(`The contract "${name}" cannot read its version ${String(from)}.`);
      }
    }
    this.registered.set(name, { contract, validate: this.ajv.compile(contract.schema) });
  }

  has(name: string): boolean {
    return this.registered.has(name);
  }

  all(): readonly Contract[] {
    return [...this.registered.values()].map(({ contract }) => contract);
  }

  /**
   * Checks a document before it is stored.
   * @returns the version to store beside it
   * @throws ContractError when it does not match, or holds a value that is a registered secret
   */
  validateForWrite(name: string, document: unknown): number {
    const { contract, validate } = this.find(name);
    if (!validate(document)) {
      const [first] = validate.errors ?? [];
      const where = first === undefined ? '' : ` at ${first.instancePath || '/'}: ${first.message ?? first.keyword}`;
      throw new ContractError(
        'contract_mismatch',
        `The document does not match ${name}@${String(contract.version)}${where}.`,
      );
    }
    if (holdsSecret(document)) {
      throw new ContractError(
        'document_holds_secret',
        `The document ${name} repeats a stored secret and was not kept.`,
      );
    }
    return contract.version;
  }

  /**
   * Brings a stored document to the current version.
   * @throws ContractError when a newer program wrote it
   */
  readUpcast(name: string, version: number, document: unknown): unknown {
    const { contract } = this.find(name);
    if (version > contract.version) {
      throw new ContractError(
        'contract_newer',
        `The document ${name}@${String(version)} was written by a newer program; this one reads up to ${String(contract.version)}.`,
      );
    }
    let current = document;
    for (let from = version; from < contract.version; from += 1) {
      const upcast = contract.upcasters?.[from];
      if (upcast === undefined) throw new ContractError('contract_unknown', `There is no ${name}@${String(from)}.`);
      current = upcast(current);
    }
    return current;
  }

  private find(name: string): Registered {
    const found = this.registered.get(name);
    if (found === undefined) throw new ContractError('contract_unknown', `There is no contract "${name}".`);
    return found;
  }
}
