import { Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Contracts } from '../../kernel/contracts/contracts';
import { CredentialsModule } from '../credentials/credentials.module';
import { NetworksModule } from '../networks/networks.module';
import { SettingsModule } from '../settings/settings.module';
import { MACHINE_AUDIT, MACHINE_EVENTS } from './contracts/machine-events';
import { HARDWARE, METRICS } from './contracts/machine-facts';
import { AptProxies } from './apt-proxies';
import { ConnectionFactsRepository } from './connection-facts.repository';
import { ConnectionOutcomes } from './connection-outcomes';
import { ConnectionTests } from './connection-tests';
import { HostKeysController } from './host-keys.controller';
import { MachineConnections } from './machine-connections';
import { MachineDetails } from './machine-details';
import { MachineFacts } from './machine-facts';
import { MachineFactsRepository } from './machine-facts.repository';
import { MachineHostKeys } from './machine-host-keys';
import { MachinePurge } from './machine-purge';
import { MachineState } from './machine-state';
import { MachineTombstones } from './machine-tombstones';
import { MachineTiles } from './machine-tiles';
import { MachineTilesTopic } from './machine-tiles.topic';
import { MachinesController } from './machines.controller';
import { MachinesRepository } from './machines.repository';
import { Machines } from './machines.service';
import { TagsController } from './tags.controller';
import { TagUses } from './tag-uses';
import { TagsRepository } from './tags.repository';
import { Tags } from './tags.service';

/** The machines: who they are, how to reach them, and what is known about them now. */
@Module({
  imports: [DiscoveryModule, CredentialsModule, NetworksModule, SettingsModule],
  controllers: [MachinesController, HostKeysController, TagsController],
  providers: [
    AptProxies,
    ConnectionFactsRepository,
    ConnectionOutcomes,
    ConnectionTests,
    MachineConnections,
    MachineDetails,
    MachineFacts,
    MachineFactsRepository,
    MachineHostKeys,
    MachinePurge,
    Machines,
    MachinesRepository,
    MachineState,
    MachineTiles,
    MachineTilesTopic,
    MachineTombstones,
    Tags,
    TagsRepository,
    TagUses,
  ],
  exports: [AptProxies, MachineConnections, MachineFacts, MachineHostKeys, Machines, MachineState, MachineTiles, Tags],
})
export class MachinesModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...Object.values(HARDWARE), ...Object.values(METRICS), ...MACHINE_EVENTS, ...MACHINE_AUDIT);
  }
}
