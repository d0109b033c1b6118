import { types, type Submittable } from 'pg';
import { prepareValue } from 'pg/lib/utils';

/** What of a connection of `pg` a statement needs to be sent. */
interface Wire {
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { readonly name: string; readonly text: string }): void;
  bind(message: { readonly statement: string; readonly values: readonly unknown[] }): void;
  describe(message: { readonly type: 'P'; readonly name: string }): void;
  execute(): void;
  sync(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

interface Column {
  readonly name: string;
  readonly read: (text: string) => unknown;
}

interface PreparedResult {
  readonly rows: Record<string, unknown>[];
  readonly rowCount: number | null;
}

/**
 * What a prepared statement answers with, by connection: the database keeps to it, and refuses to run the statement once a
 * change of the schema would make it another.
 */
const shapes = new WeakMap<Wire, Map<string, readonly Column[]>>();

/**
 * A prepared statement as the driver sends its own ones, but that its columns are asked for once on each connection and not with
 * every call. That, and what the driver's own query is besides (an emitter of events, a copy of its settings), is a third of
 * what a short statement costs this process.
 */
export class PreparedQuery implements Submittable {
  /** The driver takes back what it notes of a statement under this name, when it fails. */
  readonly name: string;
  readonly text: string;
  /** Set by who sends it: `pg`'s pool, or {@link send}. */
  callback: ((error: Error | null, result?: PreparedResult) => void) | undefined;
  private readonly rows: Record<string, unknown>[] = [];
  private columns: readonly Column[] | undefined;
  private known: Map<string, readonly Column[]> = new Map();
  private rowCount: number | null = null;
  private unreadable: Error | undefined;

  constructor(
    statement: { readonly name: string; readonly text: string },
    readonly values: readonly unknown[],
  ) {
    this.name = statement.name;
    this.text = statement.text;
  }

  /** Sends it over one connection. */
  send(client: { query(statement: PreparedQuery): unknown }): Promise<PreparedResult> {
    return new Promise((resolve, reject) => {
      this.callback = (error, result) => {
        if (result === undefined) reject(error ?? new Error('The statement came to no result.'));
        else resolve(result);
      };
      // A connection that refuses its values answers with that.
      const refused = client.query(this);
      if (refused instanceof Promise) resolve(refused as Promise<never>);
    });
  }

  /** @returns an error where nothing was sent; the driver then fails the statement with it */
  submit(connection: unknown): Error | null {
    const wire = connection as Wire;
    const { name, text } = this;
    let values: unknown[];
    try {
      values = this.values.map(prepareValue);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    this.known = knownOf(wire);
    this.columns = this.known.get(name);
    wire.stream.cork();
    try {
      if (wire.parsedStatements[name] === undefined && wire.submittedNamedStatements[name] === undefined) {
        wire.parse({ name, text });
        wire.submittedNamedStatements[name] = text;
      }
      wire.bind({ statement: name, values });
      if (this.columns === undefined) wire.describe({ type: 'P', name: '' });
      wire.execute();
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({ name, read: types.getTypeParser(dataTypeID, 'text') }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.unreadable !== undefined) return;
    const row: Record<string, unknown> = {};
    try {
      this.columns?.forEach(({ name, read }, at) => {
        const text = fields[at] ?? null;
        row[name] = text === null ? null : read(text);
      });
      this.rows.push(row);
    } catch (error) {
      this.unreadable = error instanceof Error ? error : new Error(String(error));
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // `INSERT 0 2`, `SELECT 2`, `BEGIN`
    const count = Number(text.slice(text.lastIndexOf(' ') + 1));
    this.rowCount = Number.isNaN(count) ? null : count;
    this.known.set(this.name, this.columns ?? []);
  }

  handleError(error: Error): void {
    this.callback?.(this.unreadable ?? error);
  }

  handleReadyForQuery(): void {
    if (this.unreadable !== undefined) this.callback?.(this.unreadable);
    else this.callback?.(null, { rows: this.rows, rowCount: this.rowCount });
  }

  // None of these comes of a statement that is neither empty, nor a COPY, nor asked for its rows in parts.
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

function knownOf(wire: Wire): Map<string, readonly Column[]> {
  let known = shapes.get(wire);
  if (known === undefined) shapes.set(wire, (known = new Map()));
  return known;
}
