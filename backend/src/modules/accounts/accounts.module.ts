import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { SessionAuthenticator } from '../../kernel/auth/session-authenticator';
import { ACCOUNTS_AUDIT } from './accounts-audit';
import { LinksRepository } from './links.repository';
import { LinksService } from './links.service';
import { Passwords } from './passwords';
import { SessionsRetention } from './retention';
import { SessionController } from './session.controller';
import { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';
import { SignInLimits } from './sign-in-limits';
import { UsersController } from './users.controller';
import { UsersRepository } from './users.repository';
import { UsersService } from './users.service';

/** Accounts, sessions and one-time links. Global because the kernel's guard asks it who is calling. */
@Global()
@Module({
  controllers: [SessionController, UsersController],
  providers: [
    UsersRepository,
    SessionsRepository,
    LinksRepository,
    Passwords,
    SignInLimits,
    SessionsRetention,
    SessionsService,
    LinksService,
    UsersService,
    { provide: SessionAuthenticator, useExisting: SessionsService },
  ],
  exports: [SessionAuthenticator, LinksService],
})
export class AccountsModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...ACCOUNTS_AUDIT);
  }
}
