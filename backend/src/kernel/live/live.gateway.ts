import type { IncomingMessage } from 'node:http';
import { Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, type OnGatewayInit } from '@nestjs/websockets';
import type { WebSocketServer } from 'ws';
import { RequirePermission } from '../auth/access.decorators';
import type { Principal } from '../auth/actor';
import { ListeningOrigins } from '../auth/listening-origins';
import { socketOriginIsOurs } from '../auth/origin-policy';
import { lacksHttps } from '../auth/secure-transport';
import { SessionAuthenticator } from '../auth/session-authenticator';
import { readSessionToken } from '../auth/session-cookie';
import { Config } from '../config/config';
import { LiveBus } from './live-bus';
import { closeClient, liveClose, sendEvent, sendProblem, type LiveClient } from './live-client';
import { LiveMessages } from './live-messages';
import { LiveTopic } from './live-topic';

/** One person's browsers and tabs; more is a loop somewhere. */
const MAX_SOCKETS_PER_USER = 20;
const TICK_MS = 15_000;
const REAUTHORISE_MS = 60_000;

interface Admission {
  readonly principal: Principal;
  readonly token: string;
}

interface Connected extends Admission {
  checkedAt: number;
  answered: boolean;
}

/**
 * Lets sockets in, keeps asking whether they may stay, and puts them out. What they watch is the topics' business.
 * None of that is a sign of the person: a page left open connects, and comes back, by itself.
 */
@LiveTopic()
export class LiveGateway implements OnGatewayInit<WebSocketServer>, OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(LiveGateway.name);
  private readonly admissions = new WeakMap<IncomingMessage, Admission>();
  private readonly clients = new Map<LiveClient, Connected>();
  private timer: NodeJS.Timeout | undefined;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly config: Config,
    private readonly origins: ListeningOrigins,
    private readonly sessions: SessionAuthenticator,
    private readonly bus: LiveBus,
    private readonly messages: LiveMessages,
  ) {}

  onModuleInit(): void {
    this.stopListening = this.bus.listen(({ userIds }) => {
      for (const [client, { principal }] of this.clients)
        if (userIds.has(principal.userId)) void this.reauthorise(client);
    });
    this.timer = setInterval(() => {
      this.tick();
    }, TICK_MS);
    this.timer.unref();
  }

  /** Nest offers no hook before the upgrade; `ws` asks this function, with two parameters for an answer that waits. */
  afterInit(server: WebSocketServer): void {
    server.options.verifyClient = (
      { req }: { req: IncomingMessage },
      answer: (ok: boolean, status?: number) => void,
    ) => {
      this.admit(req).then(
        (status) => {
          answer(status === 101, status);
        },
        (error: unknown) => {
          this.logger.error({ err: error }, 'A live socket could not be checked.');
          answer(false, 503);
        },
      );
    };
  }

  handleConnection(client: LiveClient, request: IncomingMessage): void {
    const admission = this.admissions.get(request);
    if (admission === undefined) {
      closeClient(client, liveClose.sessionEnded);
      return;
    }
    client.principal = admission.principal;
    this.clients.set(client, { ...admission, checkedAt: Date.now(), answered: true });
    client.on('message', (frame) => {
      const problem = this.messages.problemOf(frame);
      if (problem !== undefined) sendProblem(client, problem);
    });
    client.on('pong', () => {
      const connected = this.clients.get(client);
      if (connected !== undefined) connected.answered = true;
    });
  }

  handleDisconnect(client: LiveClient): void {
    this.clients.delete(client);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopListening?.();
    for (const client of this.clients.keys()) closeClient(client, liveClose.goingAway);
  }

  @SubscribeMessage('ping')
  @RequirePermission('me')
  ping(@ConnectedSocket() client: LiveClient): void {
    sendEvent(client, 'pong', {});
  }

  /** @returns the HTTP status of the answer to the upgrade; 101 lets it in */
  private async admit(request: IncomingMessage): Promise<number> {
    if (lacksHttps(this.config, request)) return 421;
    if (!socketOriginIsOurs(request.headers, this.origins.all())) return 403;
    const token = readSessionToken(this.config, request.headers.cookie);
    const principal = token === undefined ? undefined : await this.sessions.recheck(token);
    if (token === undefined || principal === undefined) return 401;
    let open = 0;
    for (const connected of this.clients.values()) if (connected.principal.userId === principal.userId) open += 1;
    if (open >= MAX_SOCKETS_PER_USER) return 429;
    this.admissions.set(request, { principal, token });
    return 101;
  }

  private tick(): void {
    const now = Date.now();
    for (const [client, connected] of this.clients) {
      if (!connected.answered) {
        client.terminate();
        continue;
      }
      connected.answered = false;
      client.ping();
      if (now - connected.checkedAt >= REAUTHORISE_MS - TICK_MS) void this.reauthorise(client);
    }
  }

  private async reauthorise(client: LiveClient): Promise<void> {
    const connected = this.clients.get(client);
    if (connected === undefined) return;
    connected.checkedAt = Date.now();
    let principal: Principal | undefined;
    try {
      principal = await this.sessions.recheck(connected.token);
    } catch (error) {
      // Without the database nothing is sent either; the next tick asks again.
      this.logger.warn({ err: error }, 'A live socket could not be authorised again.');
      return;
    }
    if (principal === undefined) {
      sendEvent(client, 'session.ended', {});
      closeClient(client, liveClose.sessionEnded);
    } else if (principal.role !== client.principal.role) {
      closeClient(client, liveClose.accessChanged);
    }
  }
}
