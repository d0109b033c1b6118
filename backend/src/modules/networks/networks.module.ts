import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { NetworkMembers } from './network-members';
import { NETWORKS_AUDIT } from './networks-audit';
import { NetworksController } from './networks.controller';
import { NetworksRepository } from './networks.repository';
import { NetworksService } from './networks.service';

/** Which machines lie behind one line, and how many jobs at a time it takes. */
@Module({
  controllers: [NetworksController],
  providers: [NetworkMembers, NetworksRepository, NetworksService],
  exports: [NetworkMembers],
})
export class NetworksModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...NETWORKS_AUDIT);
  }
}
