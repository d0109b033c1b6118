import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { MachinesModule } from '../machines/machines.module';
import { ArtifactRemovals } from './artifact-removals';
import { ArtifactsController } from './artifacts.controller';
import { ArtifactsRepository } from './artifacts.repository';
import { ARTIFACTS_AUDIT } from './contracts/artifacts-audit';
import { IMPORTANT_MESSAGE } from './contracts/important-message';
import { MESSAGES_AUDIT } from './contracts/messages-audit';
import { RUN_LOG } from './contracts/run-log';
import { RUN_REPORT } from './contracts/run-report';
import { SNAPSHOT_PATCH } from './contracts/snapshot-patch';
import { EventLog } from './event-log';
import { Executions } from './executions';
import { HistoryController } from './history.controller';
import { HistoryRepository } from './history.repository';
import { ImportantMessages } from './important-messages';
import { MessageDecisions } from './message-decisions';
import { MessagesController } from './messages.controller';
import { MessagesReader } from './messages.reader';
import {
  ImportantMessagesRetention,
  MachineEventsRetention,
  RawArtifactsRetention,
  SnapshotsRetention,
  UnfinishedFilesRetention,
} from './retention';
import { ErrorRisks } from './reports/error-risks';
import { ReportsController } from './reports/reports.controller';
import { ReportsReader } from './reports/reports.reader';
import { RunReports } from './reports/run-reports';
import { RunLogs } from './run-logs';
import { Snapshots } from './snapshots';

/** What machines said and what happened to them. */
@Module({
  imports: [MachinesModule],
  controllers: [HistoryController, MessagesController, ArtifactsController, ReportsController],
  providers: [
    ArtifactRemovals,
    ArtifactsRepository,
    ErrorRisks,
    EventLog,
    Executions,
    HistoryRepository,
    ImportantMessages,
    ImportantMessagesRetention,
    MachineEventsRetention,
    MessageDecisions,
    MessagesReader,
    RawArtifactsRetention,
    ReportsReader,
    RunLogs,
    RunReports,
    Snapshots,
    SnapshotsRetention,
    UnfinishedFilesRetention,
  ],
  exports: [ErrorRisks, Executions, ImportantMessages, RunLogs, RunReports, Snapshots],
})
export class HistoryModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(
      IMPORTANT_MESSAGE,
      RUN_LOG,
      RUN_REPORT,
      SNAPSHOT_PATCH,
      ...ARTIFACTS_AUDIT,
      ...MESSAGES_AUDIT,
    );
  }
}
