import { applyDecorators, UseFilters } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { LiveErrorFilter } from './live-error.filter';

export const LIVE_PATH = '/ws/live';

/** Shared by all topics: Nest makes one server per path, with the options of whichever gateway it meets first. */
const serverOptions = {
  path: LIVE_PATH,
  maxPayload: 64 * 1024,
  // Compression costs memory per socket and lets lengths tell about secrets next to chosen text.
  perMessageDeflate: false,
  clientTracking: true,
};

/**
 * A class that answers messages on the live socket. Its handlers are `@SubscribeMessage(...)` methods, each with
 * `@RequirePermission(...)`; they take the client as `@ConnectedSocket() client: LiveClient` and a validated DTO as
 * `@MessageBody()`. A message has one handler, so that a refused one is
 * answered once; the program refuses to start on a second. Any topic may send events to the `FleetWatchers`.
 */
export function LiveTopic(): ClassDecorator {
  return applyDecorators(WebSocketGateway(serverOptions), UseFilters(LiveErrorFilter));
}
