/**
 * A document that its contract has accepted: the only value that a `*_json` column takes (see
 * `kernel/database/json-writes.ts`). `Contracts.document()` makes it, and nobody else.
 */
export class JsonDocument {
  #text: string | undefined;

  private constructor(
    readonly contract: string,
    readonly version: number,
    /** Where it may be stored, as `table.column`. */
    readonly columns: readonly string[],
    /** As it is stored. Not to be changed any more. */
    readonly body: Readonly<Record<string, unknown>>,
  ) {}

  /** For the registry of contracts alone, once it has validated the body. */
  static accepted(
    contract: { readonly name: string; readonly columns: readonly string[] },
    version: number,
    body: Readonly<Record<string, unknown>>,
  ): JsonDocument {
    return new JsonDocument(contract.name, version, contract.columns, body);
  }

  /** The body as text, made once: it is looked through for secrets, measured and bound. */
  get text(): string {
    return (this.#text ??= JSON.stringify(this.body));
  }

  /** What `pg` binds. */
  toPostgres(): string {
    return this.text;
  }

  toJSON(): unknown {
    return this.body;
  }
}
