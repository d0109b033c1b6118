import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import { originOf, type RequestOrigin } from '../../kernel/audit/request-origin';
import { systemActor } from '../../kernel/auth/actor';
import { ListeningOrigins } from '../../kernel/auth/listening-origins';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { DomainError, invalidInput } from '../../kernel/errors/domain-error';
import { violatedUniqueConstraint } from '../../kernel/errors/database-errors';
import { LiveBus } from '../../kernel/live/live-bus';
import { LinksRepository, type LinkPurpose, type LinkRow } from './links.repository';
import { Passwords } from './passwords';
import { SessionsRepository } from './sessions.repository';
import { SessionsService, type Client, type StartedSession } from './sessions.service';
import { newToken, tokenHash } from './tokens';
import { UsersRepository, type UserRow } from './users.repository';
import { say } from './accounts.sentences';

const HOUR = 3_600_000;
const lifetime: Readonly<Record<LinkPurpose, number>> = { setup: 24 * HOUR, invite: 72 * HOUR, reset: 24 * HOUR };

export interface IssuedLink {
  /** The token stands in the fragment, which browsers never send to a server or a proxy's log. */
  readonly url: string;
  readonly expiresAt: Date;
}

export interface Acceptance {
  readonly token: string;
  readonly password: string;
  readonly username?: string;
  readonly displayName?: string;
}

/** One-time links: the only way to get a first password, an account, or a reset. No password is ever generated. */
@Injectable()
export class LinksService {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly links: LinksRepository,
    private readonly users: UsersRepository,
    private readonly sessionRows: SessionsRepository,
    private readonly sessions: SessionsService,
    private readonly passwords: Passwords,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly origins: ListeningOrigins,
    private readonly live: LiveBus,
  ) {}

  setupNeeded(): Promise<boolean> {
    return this.users.administratorExists(this.database.manager).then((exists) => !exists);
  }

  /** A link that creates the first administrator; older ones stop working. Null when there is one already. */
  async issueSetup(origin?: string): Promise<IssuedLink | null> {
    return this.transactions.run(async (tx) => {
      if (await this.users.administratorExists(tx.manager)) return null;
      return this.issue(tx, 'setup', null, originOf(systemActor), origin);
    });
  }

  /** Issues inside the caller's transaction. Only the newest link of a kind works. */
  async issue(
    tx: Transaction,
    purpose: LinkPurpose,
    userId: string | null,
    by: RequestOrigin,
    origin = this.origins.primary(),
  ): Promise<IssuedLink> {
    const now = this.clock.now();
    const token = newToken('link');
    const expiresAt = new Date(now.getTime() + lifetime[purpose]);
    await this.links.withdraw(tx.manager, purpose, userId, now);
    const row = {
      id: newId(),
      purpose,
      userId,
      expiresAt,
      tokenHash: tokenHash(token),
      createdBy: by.actor.type === 'user' ? by.actor.id : null,
      now,
    };
    await this.links.insert(tx.manager, row);
    await this.audit.record(tx.manager, {
      ...by,
      action: `link.${purpose}.issue`,
      objectType: 'user',
      objectId: userId,
      outcome: 'ok',
    });
    return { url: `${origin}/link#token=${token}`, expiresAt };
  }

  /** No link of this person works any more, whatever becomes of the account. */
  withdrawAllOf(tx: Transaction, userId: string): Promise<void> {
    return this.links.withdrawAllOf(tx.manager, userId, this.clock.now());
  }

  /** What a link is for. @throws DomainError `link_invalid` (404). */
  async inspect(token: string): Promise<{ link: LinkRow; user: UserRow | null }> {
    const link = await this.links.find(this.database.manager, tokenHash(token), this.clock.now());
    if (link === null || (link.purpose === 'setup' && !(await this.setupNeeded()))) throw linkInvalid();
    const user = link.userId === null ? null : await this.users.byId(this.database.manager, link.userId);
    if (user?.status === 'disabled') throw linkInvalid();
    return { link, user };
  }

  /** Uses the link up, sets the password and signs in; all of it or nothing. */
  async accept(acceptance: Acceptance, client: Client): Promise<StartedSession> {
    // Hashing takes its time; it must not hold row locks meanwhile.
    const { link } = await this.inspect(acceptance.token);
    const passwordHash = await this.passwords.hash(acceptance.password);
    try {
      return await this.transactions.run(async (tx) => {
        const now = this.clock.now();
        if (!(await this.links.use(tx.manager, link.id, now))) throw linkInvalid();
        const user =
          link.userId === null
            ? await this.createAdministrator(tx.manager, acceptance, passwordHash, now)
            : await this.setPassword(tx.manager, link.userId, passwordHash, now);
        this.live.changed(tx, { userIds: [user.id] });
        await this.audit.record(tx.manager, {
          actor: { type: 'user', id: user.id, name: user.displayName },
          action: `link.${link.purpose}.accept`,
          objectType: 'user',
          objectId: user.id,
          outcome: 'ok',
          requestId: client.requestId,
          ip: client.ip,
        });
        return this.sessions.start(tx, user, client, 'link');
      });
    } catch (error) {
      if (violatedUniqueConstraint(error) === undefined) throw error;
      throw invalidInput([{ field: 'username', message: say.username_taken_field() }]);
    }
  }

  private async createAdministrator(
    manager: EntityManager,
    given: Acceptance,
    passwordHash: string,
    now: Date,
  ): Promise<UserRow> {
    if (given.username === undefined) throw invalidInput([{ field: 'username', message: say.choose_username() }]);
    // Two setup links cannot both pass: the lock makes the second one see the first one's administrator.
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('system_update setup'))`);
    if (await this.users.administratorExists(manager)) throw linkInvalid();
    const id = newId();
    const displayName = given.displayName ?? given.username;
    const user = {
      id,
      username: given.username,
      displayName,
      passwordHash,
      role: 'administrator' as const,
      status: 'active' as const,
    };
    await this.users.insert(manager, user, now);
    return this.existing(manager, id);
  }

  private async setPassword(manager: EntityManager, userId: string, passwordHash: string, now: Date): Promise<UserRow> {
    await this.users.setPassword(manager, userId, passwordHash, now);
    await this.sessionRows.revokeAll(manager, userId, now);
    await this.links.withdrawAllOf(manager, userId, now);
    const user = await this.existing(manager, userId);
    if (user.status !== 'active') throw linkInvalid();
    return user;
  }

  private async existing(manager: EntityManager, id: string): Promise<UserRow> {
    const user = await this.users.byId(manager, id);
    if (user === null) throw linkInvalid();
    return user;
  }
}

function linkInvalid(): DomainError {
  return new DomainError({
    code: 'link_invalid',
    status: 404,
    detail: say.link_invalid(),
    action: say.link_invalid_action(),
  });
}
