import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { prepared } from '../database/prepared';
import { queryRows } from '../database/rows';
import { ChangeSet, readPayload } from './change-set';
import { LiveBus, type LiveChange, type LiveListener } from './live-bus';
import { PostgresListener } from './postgres-listener';

/** One channel for all; PostgreSQL keeps it apart per database. */
export const LIVE_CHANNEL = 'system_update_live';

export interface LiveBusTimes {
  /** How long changes are collected before they are told. */
  readonly collectMs: number;
  /** How often listeners are told to read again although nothing was heard; the only way while the connection is lost. */
  readonly checkMs: number;
  /** The same while no notification can arrive. */
  readonly checkLostMs: number;
}

const defaultTimes: LiveBusTimes = { collectMs: 50, checkMs: 30_000, checkLostMs: 2_000 };

/**
 * {@link LiveBus} over NOTIFY. The notification is sent on a connection of its own after the commit: inside the
 * transaction it would serialise the commits of all outcomes, since PostgreSQL holds one lock for all NOTIFYs.
 */
export class PostgresLiveBus extends LiveBus {
  private readonly logger = new Logger(PostgresLiveBus.name);
  private readonly origin = randomUUID().slice(0, 8);
  private readonly listeners = new Set<LiveListener>();
  private readonly listener: PostgresListener;
  private readonly times: LiveBusTimes;
  /** Changes of this process that others have not been told. */
  private outgoing = new ChangeSet();
  /** Changes that our own listeners have not been told. */
  private incoming = new ChangeSet();
  private timer: NodeJS.Timeout | undefined;
  private checkTimer: NodeJS.Timeout | undefined;
  private lastCheck = Date.now();
  private sending: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    url: string,
    times: Partial<LiveBusTimes> = {},
  ) {
    super();
    this.times = { ...defaultTimes, ...times };
    this.listener = new PostgresListener(
      { url, channel: LIVE_CHANNEL },
      {
        onPayload: (payload) => {
          this.received(payload);
        },
        onConnected: () => {
          this.check();
        },
        onError: (error) => {
          this.logger.warn({ err: error }, 'The connection for live notifications was lost; it is made again.');
        },
      },
    );
  }

  /** Whether notifications of other processes arrive at the moment. */
  get connected(): boolean {
    return this.listener.connected;
  }

  async start(): Promise<void> {
    this.checkTimer = setInterval(
      () => {
        const due = this.listener.connected ? this.times.checkMs : this.times.checkLostMs;
        if (Date.now() - this.lastCheck >= due) this.check();
      },
      Math.min(this.times.checkLostMs, this.times.checkMs),
    );
    this.checkTimer.unref();
    await this.listener.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.checkTimer);
    clearTimeout(this.timer);
    await this.flush();
    await this.listener.stop();
  }

  override announce(change: LiveChange): void {
    this.outgoing.add(change);
    this.incoming.add(change);
    this.schedule();
  }

  override listen(listener: LiveListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  private received(payload: string): void {
    const change = readPayload(payload, this.origin);
    if (change === undefined) return;
    this.incoming.add(change);
    this.schedule();
  }

  /** Listeners read again whatever they watch. */
  private check(): void {
    this.lastCheck = Date.now();
    this.incoming.everything = true;
    this.schedule();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => void this.flush(), this.times.collectMs);
  }

  private async flush(): Promise<void> {
    this.timer = undefined;
    const { incoming, outgoing } = this;
    this.incoming = new ChangeSet();
    this.outgoing = new ChangeSet();
    if (!incoming.empty) this.tell(incoming);
    if (!outgoing.empty) this.sending = this.sending.then(() => this.send(outgoing));
    await this.sending;
  }

  private tell(signal: ChangeSet): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(signal);
      } catch (error) {
        this.logger.error({ err: error }, 'A listener of live changes failed.');
      }
    }
  }

  private async send(changes: ChangeSet): Promise<void> {
    try {
      await queryRows(this.dataSource, NOTIFY, [LIVE_CHANNEL, changes.payloads(this.origin)]);
    } catch (error) {
      // The process ends: whoever watches reads again from another.
      if (this.stopped || !this.dataSource.isInitialized) return;
      this.logger.warn({ err: error }, 'Live notifications could not be sent; they are sent again.');
      this.outgoing.merge(changes);
      this.timer ??= setTimeout(() => void this.flush(), 1_000);
    }
  }
}

const NOTIFY = prepared('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload');
