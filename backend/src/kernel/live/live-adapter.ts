import { WsAdapter } from '@nestjs/platform-ws';
import type { WebSocketServer } from 'ws';

/** Sockets of browsers. What one of them does wrong ends its connection and is no fault of ours. */
export class LiveAdapter extends WsAdapter {
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (client) => {
      // Every topic listens for the end of each socket, and there are more topics than Node.js takes for a leak.
      client.setMaxListeners(50);
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
