import { Client } from 'pg';

export interface PostgresListenerSettings {
  readonly url: string;
  readonly channel: string;
  /** How often the connection is asked whether it still lives. */
  readonly heartbeatMs?: number;
  readonly firstRetryMs?: number;
  readonly lastRetryMs?: number;
}

export interface PostgresListenerEvents {
  readonly onPayload: (payload: string) => void;
  /** After every successful LISTEN, the first included: what was sent before is not replayed. */
  readonly onConnected: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * One connection of its own that LISTENs, and comes back by itself. A pooled connection would lose the subscription,
 * and a half-open one would stay silent for ever: hence the heartbeat.
 */
export class PostgresListener {
  private client: Client | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private retryMs: number;
  private stopped = true;
  private listening = false;
  private readonly firstRetryMs: number;
  private readonly lastRetryMs: number;
  private readonly heartbeatMs: number;

  constructor(
    private readonly settings: PostgresListenerSettings,
    private readonly events: PostgresListenerEvents,
  ) {
    this.firstRetryMs = settings.firstRetryMs ?? 250;
    this.lastRetryMs = settings.lastRetryMs ?? 5_000;
    this.heartbeatMs = settings.heartbeatMs ?? 10_000;
    this.retryMs = this.firstRetryMs;
  }

  /** True while notifications arrive; otherwise whoever depends on them polls. */
  get connected(): boolean {
    return this.listening;
  }

  /** Begins to connect, and keeps trying. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.connect();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    clearInterval(this.heartbeat);
    this.listening = false;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.settings.url,
      application_name: 'system_update live',
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
      query_timeout: 5_000,
    });
    this.client = client;
    client.on('error', (error) => {
      this.lost(client, error);
    });
    client.on('end', () => {
      this.lost(client, undefined);
    });
    client.on('notification', ({ payload }) => {
      if (payload !== undefined) this.events.onPayload(payload);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${client.escapeIdentifier(this.settings.channel)}`);
    } catch (error) {
      this.lost(client, error);
      return;
    }
    if (this.client === client) this.established(client);
  }

  private established(client: Client): void {
    this.listening = true;
    this.retryMs = this.firstRetryMs;
    this.heartbeat = setInterval(() => {
      client.query('SELECT 1').catch((error: unknown) => {
        this.lost(client, error);
      });
    }, this.heartbeatMs);
    this.heartbeat.unref();
    this.events.onConnected();
  }

  private lost(client: Client, error: unknown): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.listening = false;
    clearInterval(this.heartbeat);
    client.end().catch(() => undefined);
    if (this.stopped) return;
    if (error !== undefined) this.events.onError(error);
    this.retry = setTimeout(() => void this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, this.lastRetryMs);
  }
}
