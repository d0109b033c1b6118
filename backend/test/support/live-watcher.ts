import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { ApiClient } from './api-client';

export interface LiveLine {
  readonly seq: number;
  readonly text: string;
}

/**
 * Watches the log of one job over the live socket as the portal does: when the socket is lost it connects again, and
 * goes on after the last line that it has.
 */
export class LiveWatcher {
  readonly lines: LiveLine[] = [];
  readonly statuses: string[] = [];
  connections = 0;
  private socket: WebSocket | undefined;
  private over = false;

  constructor(
    private readonly api: ApiClient,
    readonly jobId: string,
  ) {
    this.connect();
  }

  get lastSeq(): number {
    return this.lines.at(-1)?.seq ?? 0;
  }

  /** The socket is lost, as by a network that goes away. */
  lose(): void {
    this.socket?.terminate();
  }

  close(): void {
    this.over = true;
    this.socket?.close();
  }

  private connect(): void {
    const socket = new WebSocket(`${this.api.origin.replace('http', 'ws')}/ws/live`, {
      headers: { Origin: this.api.origin, Cookie: this.api.cookie },
    });
    this.socket = socket;
    socket.on('open', () => {
      this.connections += 1;
      socket.send(JSON.stringify({ event: 'watch.job', data: { jobId: this.jobId, after: this.lastSeq } }));
    });
    socket.on('message', (data: Buffer) => {
      this.receive(JSON.parse(data.toString()) as { event: string; data: unknown });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.over) void pause(200).then(() => this.over || this.connect());
    });
  }

  private receive({ event, data }: { event: string; data: unknown }): void {
    if (event === 'job') this.statuses.push((data as { status: string }).status);
    if (event === 'job.log') this.lines.push(...(data as { lines: LiveLine[] }).lines);
  }
}
