import { Module } from '@nestjs/common';
import { MachinesModule } from '../machines/machines.module';
import { EventLog } from './event-log';
import { HistoryController } from './history.controller';
import { HistoryRepository } from './history.repository';
import { ImportantMessages } from './important-messages';
import { Snapshots } from './snapshots';

/** What machines said and what happened to them. */
@Module({
  imports: [MachinesModule],
  controllers: [HistoryController],
  providers: [EventLog, HistoryRepository, ImportantMessages, Snapshots],
  exports: [ImportantMessages, Snapshots],
})
export class HistoryModule {}
