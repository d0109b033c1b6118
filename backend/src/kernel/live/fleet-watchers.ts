import { ConnectedSocket, SubscribeMessage } from '@nestjs/websockets';
import { RequirePermission } from '../auth/access.decorators';
import { roleAllows, type Permission } from '../auth/permissions';
import type { LiveClient } from './live-client';
import { LiveTopic } from './live-topic';

/** The browsers that show the whole fleet. Every room that has news of it sends them its own events. */
@LiveTopic()
export class FleetWatchers {
  private readonly watching = new Set<LiveClient>();

  handleDisconnect(client: LiveClient): void {
    this.watching.delete(client);
  }

  @SubscribeMessage('watch.fleet')
  @RequirePermission('machines.read')
  watch(@ConnectedSocket() client: LiveClient): void {
    this.watching.add(client);
  }

  /** Those that may be told what the permission is needed for. */
  allowed(permission: Permission): LiveClient[] {
    return [...this.watching].filter(({ principal }) => roleAllows(principal.role, permission));
  }
}
