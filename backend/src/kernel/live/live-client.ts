import type { WebSocket } from 'ws';
import type { Principal } from '../auth/actor';
import type { DomainError } from '../errors/domain-error';

/** A signed-in browser's socket, as message handlers receive it by `@ConnectedSocket()`. */
export interface LiveClient extends WebSocket {
  principal: Principal;
}

/** Why the server closed a socket; the portal decides by the number. 4000 and above are ours to give. */
export const liveClose = {
  /** The session ended, was revoked, or its user was disabled: sign in again. */
  sessionEnded: { code: 4401, reason: 'session ended' },
  /** The role changed: connect again to watch with the new permissions. */
  accessChanged: { code: 4403, reason: 'access changed' },
  /** The client does not read fast enough: connect again and resume from the last sequence number. */
  tooSlow: { code: 4408, reason: 'too slow' },
  /** The server stops. */
  goingAway: { code: 1001, reason: 'going away' },
} as const;
export type LiveCloseReason = (typeof liveClose)[keyof typeof liveClose];

/** Bytes that may wait for a client before it is closed; what waits is memory of ours. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

export function closeClient(client: LiveClient, why: LiveCloseReason): void {
  client.close(why.code, why.reason);
}

/**
 * Sends one event. A client that lets more than a megabyte wait is closed, so that it comes back and resumes.
 * @returns false when the socket is closed or was closed for this; nothing more needs to be sent then
 */
export function sendEvent(client: LiveClient, event: string, data: unknown): boolean {
  if (client.readyState !== client.OPEN) return false;
  if (client.bufferedAmount > MAX_BUFFERED_BYTES) {
    closeClient(client, liveClose.tooSlow);
    return false;
  }
  client.send(JSON.stringify({ event, data }));
  return true;
}

/** Answers a refused message; the socket stays open. */
export function sendProblem(client: LiveClient, { code, detail }: DomainError): void {
  sendEvent(client, 'error', { code, message: detail });
}
