import { Module } from '@nestjs/common';
import { CredentialsRepository } from './credentials.repository';
import { Credentials } from './credentials.service';
import { HostKeysRepository } from './host-keys.repository';
import { HostKeys } from './host-keys.service';

/** How to sign in to machines, and which of them to believe. Has no routes of its own: see machines. */
@Module({
  providers: [Credentials, CredentialsRepository, HostKeys, HostKeysRepository],
  exports: [Credentials, HostKeys],
})
export class CredentialsModule {}
