import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { JobsModule } from '../jobs/jobs.module';
import { SCHEDULE_AUDIT } from './contracts/schedule-audit';
import { SCHEDULE_DOCUMENTS } from './contracts/schedule-documents';
import { AutomationWorker } from './engine/automation-worker';
import { Firing } from './engine/firing';
import { HeldTargets } from './engine/held-targets';
import { Lapses } from './engine/lapses';
import { OccurrenceEnds } from './engine/occurrence-ends';
import { OccurrenceNews } from './engine/occurrence-news';
import { OccurrenceRunner } from './engine/occurrence-runner';
import { OccurrenceStops } from './engine/occurrence-stops';
import { Scheduler } from './engine/scheduler';
import { TargetOverrides } from './engine/target-overrides';
import { TargetStore } from './engine/target-store';
import { TargetWorker } from './engine/target-worker';
import { ActiveOccurrences } from './occurrences/active-occurrences';
import { Calendar } from './occurrences/calendar';
import { OccurrenceCommands } from './occurrences/occurrence-commands';
import { OccurrencesController } from './occurrences/occurrences.controller';
import { OccurrencesReader } from './occurrences/occurrences.reader';
import { PolicyDecisions } from './policy/policy-decisions';
import { PolicyHolders } from './policy/policy-holders';
import { PolicyRefusals } from './policy/policy-refusals';
import { PolicySeals } from './policy/policy-seals';
import { StandingSchedules } from './policy/standing-schedules';
import { ScheduleOccurrencesRetention } from './retention';
import { ScheduleInput } from './schedules/schedule-input';
import { SchedulesController } from './schedules/schedules.controller';
import { SchedulesReader } from './schedules/schedules.reader';
import { Schedules } from './schedules/schedules.service';
import { SchedulesTopic } from './schedules/schedules.topic';
import { MachineScope } from './scope/machine-scope';
import { ScheduleTagEdits } from './scope/schedule-tag-edits';
import { ScheduleTags } from './scope/schedule-tags';
import { ScopePreview } from './scope/scope-preview';

/** What runs by itself: schedules, and what each of their due times came to. */
@Module({
  imports: [JobsModule],
  controllers: [SchedulesController, OccurrencesController],
  providers: [
    ActiveOccurrences,
    AutomationWorker,
    Calendar,
    Firing,
    HeldTargets,
    Lapses,
    MachineScope,
    OccurrenceCommands,
    OccurrenceEnds,
    OccurrenceNews,
    OccurrenceRunner,
    OccurrenceStops,
    OccurrencesReader,
    PolicyDecisions,
    PolicyHolders,
    PolicyRefusals,
    PolicySeals,
    ScheduleInput,
    ScheduleTagEdits,
    ScheduleTags,
    ScheduleOccurrencesRetention,
    Schedules,
    SchedulesReader,
    SchedulesTopic,
    Scheduler,
    ScopePreview,
    StandingSchedules,
    TargetOverrides,
    TargetStore,
    TargetWorker,
  ],
})
export class AutomationModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...SCHEDULE_DOCUMENTS, ...SCHEDULE_AUDIT);
  }
}
