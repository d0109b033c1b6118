import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import { actorOf, type Principal } from '../../kernel/auth/actor';
import { SessionAuthenticator } from '../../kernel/auth/session-authenticator';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { Passwords } from './passwords';
import { SessionsRepository } from './sessions.repository';
import { SignInLimits } from './sign-in-limits';
import { newToken, tokenHash } from './tokens';
import { UsersRepository, type UserRow } from './users.repository';
import { say } from './accounts.sentences';

const HOUR = 3_600_000;
/** A session ends after this long without a request, and in any case after the absolute limit. */
const IDLE_LIMIT = 12 * HOUR;
const ABSOLUTE_LIMIT = 14 * 24 * HOUR;
/** `last_seen_at` is written at most this often; a write per request would be the busiest statement of all. */
const SEEN_EVERY = 60_000;

/** Where a request comes from, for the audit. */
export interface Client {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

export interface StartedSession {
  readonly token: string;
  readonly expiresAt: Date;
  readonly user: UserRow;
}

@Injectable()
export class SessionsService extends SessionAuthenticator {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly passwords: Passwords,
    private readonly limits: SignInLimits,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {
    super();
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    const now = this.clock.now();
    const found = await this.find(token, now);
    if (found === null) return undefined;
    const { lastSeenAt, ...principal } = found;
    if (now.getTime() - lastSeenAt.getTime() > SEEN_EVERY)
      await this.sessions.seen(this.database.manager, principal.sessionId, now);
    return principal;
  }

  async recheck(token: string): Promise<Principal | undefined> {
    return (await this.find(token, this.clock.now())) ?? undefined;
  }

  /**
   * @throws DomainError `sign_in_failed` (401, the same words for a wrong name, password or state), `too_many_attempts` (429).
   */
  async signIn(username: string, password: string, client: Client): Promise<StartedSession> {
    await this.limits.check(username, client.ip);
    const user = await this.users.byUsername(this.database.manager, username);
    const stored = user?.status === 'active' ? user.passwordHash : null;
    if (!(await this.passwords.matches(stored, password)) || user === null || stored === null) {
      await this.refused(username, client);
      throw new DomainError({
        code: 'sign_in_failed',
        status: 401,
        detail: say.sign_in_failed(),
        action: say.sign_in_failed_action(),
      });
    }
    await this.limits.succeeded(username, client.ip);
    const renewed = this.passwords.isOutdated(stored) ? await this.passwords.hash(password) : null;
    return this.transactions.run(async (tx) => {
      if (renewed !== null) await this.users.setPassword(tx.manager, user.id, renewed, this.clock.now());
      return this.start(tx, user, client, 'sign_in');
    });
  }

  /** Starts a session inside the caller's transaction. The token is returned once and never stored. */
  async start(tx: Transaction, user: UserRow, client: Client, how: 'sign_in' | 'link'): Promise<StartedSession> {
    const now = this.clock.now();
    const token = newToken('session');
    const expiresAt = new Date(now.getTime() + ABSOLUTE_LIMIT);
    const id = newId();
    const { ip, userAgent, requestId } = client;
    await this.sessions.insert(tx.manager, {
      id,
      tokenHash: tokenHash(token),
      userId: user.id,
      now,
      expiresAt,
      ip,
      userAgent,
    });
    await this.users.signedIn(tx.manager, user.id, now);
    await this.audit.record(tx.manager, {
      actor: { type: 'user', id: user.id, name: user.displayName },
      action: 'session.start',
      objectType: 'session',
      objectId: id,
      outcome: 'ok',
      requestId,
      ip,
      details: { how },
    });
    return { token, expiresAt, user };
  }

  async end(principal: Principal, client: Client): Promise<void> {
    await this.transactions.run(async (tx) => {
      await this.sessions.revoke(tx.manager, principal.sessionId, this.clock.now());
      this.live.changed(tx, { userIds: [principal.userId] });
      await this.audit.record(tx.manager, {
        actor: actorOf(principal),
        action: 'session.end',
        objectType: 'session',
        objectId: principal.sessionId,
        outcome: 'ok',
        requestId: client.requestId,
        ip: client.ip,
      });
    });
  }

  private find(token: string, now: Date): ReturnType<SessionsRepository['find']> {
    const idleSince = new Date(now.getTime() - IDLE_LIMIT);
    return this.sessions.find(this.database.manager, tokenHash(token), now, idleSince);
  }

  private async refused(username: string, client: Client): Promise<void> {
    await this.audit.record(this.database.manager, {
      actor: { type: 'external', id: null, name: username.slice(0, 64) },
      action: 'session.start',
      objectType: 'session',
      objectId: null,
      outcome: 'denied',
      requestId: client.requestId,
      ip: client.ip,
    });
  }
}
