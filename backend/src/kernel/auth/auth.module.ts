import { Global, Module } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessCheck } from './access-check';
import { AccessGuard } from './access.guard';
import { ListeningOrigins } from './listening-origins';

/** Deny-by-default access. The application provides {@link SessionAuthenticator} from the accounts room. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [ListeningOrigins, AccessCheck, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [ListeningOrigins],
})
export class AuthModule {}
