import type { Client } from 'ssh2';

/** What a run is told about its connection. */
export interface RunContext {
  readonly client: Client;
  readonly host: string;
  readonly port: number;
  readonly loginIsRoot: boolean;
  /** Bytes came in on the connection. */
  onTraffic(listener: () => void): () => void;
  /** Why the connection ended, once it did. */
  lostReason(): string | undefined;
}
