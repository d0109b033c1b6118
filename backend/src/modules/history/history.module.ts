import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { MachinesModule } from '../machines/machines.module';
import { ArtifactRemovals } from './artifact-removals';
import { IMPORTANT_MESSAGE } from './contracts/important-message';
import { SNAPSHOT_PATCH } from './contracts/snapshot-patch';
import { EventLog } from './event-log';
import { HistoryController } from './history.controller';
import { HistoryRepository } from './history.repository';
import { ImportantMessages } from './important-messages';
import { ImportantMessagesRetention, MachineEventsRetention, SnapshotsRetention } from './retention';
import { Snapshots } from './snapshots';

/** What machines said and what happened to them. */
@Module({
  imports: [MachinesModule],
  controllers: [HistoryController],
  providers: [
    ArtifactRemovals,
    EventLog,
    HistoryRepository,
    ImportantMessages,
    ImportantMessagesRetention,
    MachineEventsRetention,
    Snapshots,
    SnapshotsRetention,
  ],
  exports: [ImportantMessages, Snapshots],
})
export class HistoryModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(IMPORTANT_MESSAGE, SNAPSHOT_PATCH);
  }
}
