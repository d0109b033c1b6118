import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { CREDENTIALS_AUDIT } from './credentials-audit';
import { CredentialsRepository } from './credentials.repository';
import { Credentials } from './credentials.service';
import { HostKeysRepository } from './host-keys.repository';
import { HostKeys } from './host-keys.service';

/** How to sign in to machines, and which of them to believe. Has no routes of its own: see machines. */
@Module({
  providers: [Credentials, CredentialsRepository, HostKeys, HostKeysRepository],
  exports: [Credentials, HostKeys],
})
export class CredentialsModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...CREDENTIALS_AUDIT);
  }
}
