import { WsAdapter } from '@nestjs/platform-ws';
import type { WebSocketServer } from 'ws';

/** Sockets of browsers. What one of them does wrong ends its connection and is no fault of ours. */
export class LiveAdapter extends WsAdapter {
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (client) => {
      client.on('error', ({ message }) => {
        this.logger.debug(`A live socket ends: ${message}`);
      });
    });
    server.on('error', (err) => {
      this.logger.error({ err }, 'The live sockets have a fault.');
    });
    return server;
  }
}
