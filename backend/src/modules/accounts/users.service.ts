import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import type { Principal } from '../../kernel/auth/actor';
import type { Role } from '../../kernel/auth/permissions';
import { Clock } from '../../kernel/clock';
import { newId } from '../../kernel/database/ids';
import { TransactionRunner, type Transaction } from '../../kernel/database/transaction';
import { violatedUniqueConstraint } from '../../kernel/errors/database-errors';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { LinksService, type IssuedLink } from './links.service';
import { Passwords } from './passwords';
import { SessionsRepository } from './sessions.repository';
import { SignInLimits } from './sign-in-limits';
import { UsersRepository, type UserChanges, type UserRow } from './users.repository';
import { say } from './accounts.sentences';
import type { AuditAction } from '../../kernel/audit/audit-actions';

export interface NewUser {
  readonly username: string;
  readonly displayName: string;
  readonly role: Role;
}

@Injectable()
export class UsersService {
  constructor(
    private readonly database: DataSource,
    private readonly transactions: TransactionRunner,
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly links: LinksService,
    private readonly passwords: Passwords,
    private readonly limits: SignInLimits,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    private readonly live: LiveBus,
  ) {}

  list(): Promise<UserRow[]> {
    return this.users.list(this.database.manager);
  }

  async byId(id: string): Promise<UserRow> {
    const user = await this.users.byId(this.database.manager, id);
    if (user === null) throw notFound('user', 'user_not_found');
    return user;
  }

  async invite(given: NewUser, by: RequestOrigin): Promise<{ user: UserRow; link: IssuedLink }> {
    const id = newId();
    try {
      return await this.transactions.run(async (tx) => {
        await this.users.insert(tx.manager, { ...given, id, passwordHash: null, status: 'invited' }, this.clock.now());
        await this.record(tx, by, 'user.invite', id, { role: given.role });
        const link = await this.links.issue(tx, 'invite', id, by);
        return { user: await this.required(tx, id), link };
      });
    } catch (error) {
      if (violatedUniqueConstraint(error) === undefined) throw error;
      throw new DomainError({
        code: 'username_taken',
        status: 409,
        detail: say.username_taken({ name: given.username }),
      });
    }
  }

  /** A new link to choose a password: for an invited user again the invitation. */
  async resetLink(id: string, by: RequestOrigin): Promise<IssuedLink> {
    return this.transactions.run(async (tx) => {
      const user = await this.required(tx, id);
      if (user.status === 'disabled') {
        throw new DomainError({
          code: 'user_disabled',
          status: 409,
          detail: say.user_disabled({ name: user.displayName }),
          action: say.user_disabled_action(),
        });
      }
      return this.links.issue(tx, user.status === 'invited' ? 'invite' : 'reset', id, by);
    });
  }

  /** @throws DomainError `last_administrator` (409): someone must be able to administer. */
  async change(id: string, changes: UserChanges, by: RequestOrigin): Promise<UserRow> {
    return this.transactions.run(async (tx) => {
      const administrators = await this.users.activeAdministrators(tx.manager);
      const before = await this.required(tx, id);
      const losesAdministrator = (changes.role ?? before.role) !== 'administrator' || changes.status === 'disabled';
      if (losesAdministrator && administrators.length === 1 && administrators[0] === id) {
        throw new DomainError({
          code: 'last_administrator',
          status: 409,
          detail: say.last_administrator({ name: before.displayName }),
          action: say.last_administrator_action(),
        });
      }
      const status = changes.status === 'active' && before.passwordHash === null ? 'invited' : changes.status;
      await this.users.update(
        tx.manager,
        id,
        status === undefined ? changes : { ...changes, status },
        this.clock.now(),
      );
      const roleChanged = changes.role !== undefined && changes.role !== before.role;
      // What someone may do is decided at sign-in for sockets too, so a change of rights ends what is open.
      if (roleChanged || changes.status === 'disabled') {
        await this.sessions.revokeAll(tx.manager, id, this.clock.now());
        this.live.changed(tx, { userIds: [id] });
      }
      if (changes.status === 'disabled') await this.links.withdrawAllOf(tx, id);
      await this.record(tx, by, 'user.change', id, { ...changes });
      return this.required(tx, id);
    });
  }

  /**
   * Guessing the current password counts as guessing at the sign-in: an open session is no way round that limit.
   * @throws DomainError `too_many_attempts` (429), `invalid_input` for a wrong current password
   */
  async changeOwnPassword(me: Principal, current: string, next: string, by: RequestOrigin): Promise<void> {
    const user = await this.byId(me.userId);
    await this.limits.check(user.username, by.ip);
    if (!(await this.passwords.matches(user.passwordHash, current))) {
      await this.passwordRefused(me.userId, by);
      throw invalidInput([{ field: 'currentPassword', message: say.not_your_password() }]);
    }
    await this.limits.succeeded(user.username, by.ip);
    const passwordHash = await this.passwords.hash(next);
    await this.transactions.run(async (tx) => {
      await this.users.setPassword(tx.manager, me.userId, passwordHash, this.clock.now());
      await this.sessions.revokeAll(tx.manager, me.userId, this.clock.now(), me.sessionId);
      this.live.changed(tx, { userIds: [me.userId] });
      await this.record(tx, by, 'user.password', me.userId, {});
    });
  }

  async changeOwnProfile(me: Principal, changes: Pick<UserChanges, 'displayName'>): Promise<UserRow> {
    await this.users.update(this.database.manager, me.userId, changes, this.clock.now());
    return this.byId(me.userId);
  }

  private async required(tx: Transaction, id: string): Promise<UserRow> {
    const user = await this.users.byId(tx.manager, id);
    if (user === null) throw notFound('user', 'user_not_found');
    return user;
  }

  private passwordRefused(userId: string, by: RequestOrigin): Promise<void> {
    const object = { objectType: 'user', objectId: userId };
    return this.audit.record(this.database.manager, { ...by, ...object, action: 'user.password', outcome: 'denied' });
  }

  private record(
    tx: Transaction,
    by: RequestOrigin,
    action: AuditAction,
    id: string,
    details: Record<string, unknown>,
  ): Promise<void> {
    return this.audit.record(tx.manager, { ...by, action, objectType: 'user', objectId: id, outcome: 'ok', details });
  }
}
