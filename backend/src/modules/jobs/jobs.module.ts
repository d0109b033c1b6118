import { Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { MachinesModule } from '../machines/machines.module';
import { SettingsModule } from '../settings/settings.module';
import { WindowsModule } from '../windows/windows.module';
import { ActionRegistry } from './actions/action-registry';
import { ActionScripts } from './actions/action-scripts';
import { ActionsController } from './actions.controller';
import { ArchivedWork } from './archived-work';
import { ACTION_PLAN, REQUEST_PARAMETERS } from './contracts/action-plan';
import { JOB_DOCUMENTS } from './contracts/job-documents';
import { JOB_AUDIT, JOB_EVENTS } from './contracts/job-events';
import { Dispatcher } from './dispatcher';
import { MaintenanceController } from './gate/maintenance.controller';
import { NetworkTokens } from './gate/network-tokens';
import { RunDurations } from './gate/run-durations';
import { StartGate } from './gate/start-gate';
import { WindowOverrides } from './gate/window-overrides';
import { ApartRuns } from './gate/apart-runs';
import { WindowHolds } from './gate/window-holds';
import { ForcedStops } from './forced-stops';
import { JobLogRepository } from './job-log.repository';
import { JobsController } from './jobs.controller';
import { JobsReader } from './jobs.reader';
import { JobsService } from './jobs.service';
import { DeadLettersController } from './letters/dead-letters.controller';
import { DeadLettersReader } from './letters/dead-letters.reader';
import { DeadLetters } from './letters/dead-letters.service';
import { LETTERS_AUDIT } from './letters/letters-audit';
import { JobsTopic } from './live/jobs.topic';
import { LogSealer } from './log-sealer';
import { MachineEligibility } from './machine-eligibility';
import { BulkPlansController } from './requests/bulk-plans.controller';
import { BulkPlans } from './requests/bulk-plans';
import { OlderPlans } from './requests/older-plans';
import { RequestStandings } from './requests/request-standings';
import { RequestTargets } from './requests/request-targets';
import { ConfirmedPlans } from './requests/confirmed-plans';
import { PlanRecorder } from './requests/plan-recorder';
import { PolicyApprovals } from './requests/policy-approvals';
import { RequestExpiry } from './requests/request-expiry';
import { RequestSeals } from './requests/request-seals';
import { REQUESTS_AUDIT } from './requests/requests-audit';
import { EachDecision } from './requests/inbox/each-decision';
import { RequestInbox } from './requests/inbox/request-inbox';
import { RequestInboxController } from './requests/inbox/request-inbox.controller';
import { RequestsController } from './requests/requests.controller';
import { RequestsReader } from './requests/requests.reader';
import { Requests } from './requests/requests.service';
import { RequestsTopic } from './requests/requests.topic';
import { APPROVAL_CONDITIONS } from './rules/approval-conditions';
import { APPROVAL_RULES_AUDIT } from './rules/approval-rules-audit';
import { ApprovalRulesController } from './rules/approval-rules.controller';
import { ApprovalRulesRepository } from './rules/approval-rules.repository';
import { ApprovalRules } from './rules/approval-rules.service';
import { REQUEST_APPROVAL } from './rules/approval';
import { RuleTagEdits } from './rules/rule-tag-edits';
import { RuleTags } from './rules/rule-tags';
import { Approvals } from './rules/approvals';
import { RestoredWork } from './restored-work';
import { ActionRequestsRetention, JobLogsRetention, JobsRetention } from './retention';
import { Claims } from './worker/claims';
import { ChangeOutcomes } from './worker/change-outcomes';
import { DetachedRunner, SshDetachedRunner } from './worker/detached-runner';
import { JobHistory } from './worker/job-history';
import { Outcomes } from './worker/outcomes';
import { RemoteRunner, SshRemoteRunner } from './worker/remote-runner';
import { StartRooms } from './worker/start-room';
import { Sweeper } from './worker/sweeper';
import { UnknownOutcomes } from './worker/unknown-outcomes';
import { WorkerParts, WorkerService } from './worker/worker.service';

/** Work on machines: asked for, handed out one at a time per machine, run, followed and ended. */
@Module({
  imports: [DiscoveryModule, MachinesModule, HistoryModule, SettingsModule, WindowsModule],
  controllers: [
    ActionsController,
    // Before the routes of one job: `dead-letters` is no id.
    DeadLettersController,
    JobsController,
    MaintenanceController,
    RequestsController,
    RequestInboxController,
    BulkPlansController,
    ApprovalRulesController,
  ],
  providers: [
    ActionRegistry,
    ActionScripts,
    ArchivedWork,
    ApprovalRules,
    ApprovalRulesRepository,
    Approvals,
    Claims,
    BulkPlans,
    OlderPlans,
    ConfirmedPlans,
    DeadLetters,
    DeadLettersReader,
    RequestStandings,
    RequestTargets,
    RuleTagEdits,
    RuleTags,
    Dispatcher,
    ForcedStops,
    JobHistory,
    JobLogRepository,
    ActionRequestsRetention,
    JobLogsRetention,
    JobsReader,
    JobsRetention,
    JobsService,
    JobsTopic,
    LogSealer,
    MachineEligibility,
    NetworkTokens,
    Outcomes,
    PlanRecorder,
    { provide: RemoteRunner, useClass: SshRemoteRunner },
    { provide: DetachedRunner, useClass: SshDetachedRunner },
    ChangeOutcomes,
    PolicyApprovals,
    RequestExpiry,
    RequestSeals,
    Requests,
    EachDecision,
    RequestInbox,
    RequestsReader,
    RequestsTopic,
    RestoredWork,
    RunDurations,
    StartGate,
    StartRooms,
    Sweeper,
    UnknownOutcomes,
    WindowHolds,
    ApartRuns,
    WindowOverrides,
    WorkerParts,
    WorkerService,
  ],
  exports: [
    ActionRegistry,
    Dispatcher,
    JobsService,
    JobsReader,
    MachineEligibility,
    PolicyApprovals,
    RequestsReader,
    StartGate,
  ],
})
export class JobsModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(
      ...JOB_DOCUMENTS,
      ...JOB_EVENTS,
      ...JOB_AUDIT,
      ...LETTERS_AUDIT,
      ACTION_PLAN,
      REQUEST_PARAMETERS,
      REQUEST_APPROVAL,
      APPROVAL_CONDITIONS,
      ...APPROVAL_RULES_AUDIT,
      ...REQUESTS_AUDIT,
    );
  }
}
