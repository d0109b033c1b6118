import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Lets requests that have begun come to their end before the process goes. */
export class Drain {
  private readonly unanswered = new Set<ServerResponse>();
  private whenEmpty: (() => void) | undefined;

  constructor(private readonly server: Server) {
    server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
      this.unanswered.add(response);
      response.once('close', () => {
        this.unanswered.delete(response);
        if (this.unanswered.size === 0) this.whenEmpty?.();
      });
    });
  }

  /**
   * Takes no further connection, and waits until what was asked is answered, for `limitMs` at most. Connections are not
   * kept for another request meanwhile: whoever asks comes to another process.
   */
  async drain(limitMs: number): Promise<void> {
    this.server.close();
    for (const response of this.unanswered) if (!response.headersSent) response.setHeader('Connection', 'close');
    if (this.unanswered.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
