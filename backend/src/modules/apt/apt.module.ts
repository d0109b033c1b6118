import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { SettingsModule } from '../settings/settings.module';
import { AptUpdateAnalyzeAction } from './actions/apt-update-analyze.action';
import { AptUpgradeAction } from './actions/apt-upgrade.action';
import { AptController } from './apt.controller';
import { AptRepository } from './apt.repository';
import {
  APT_ERROR_LINES,
  APT_UPDATE_ANALYZE,
  APT_UPDATE_ANALYZE_IMPORTANT,
} from './contracts/apt-update-analyze.v1.schema';
import { APT_UPGRADE_PLAN } from './contracts/apt-upgrade-plan.v1';
import { APT_UPGRADE_RESULT, APT_UPGRADE_RESULT_IMPORTANT } from './contracts/apt-upgrade-result.v1';
import { PlannedPackagesRetention } from './retention';

@Module({
  imports: [MachinesModule, HistoryModule, JobsModule, SettingsModule],
  controllers: [AptController],
  providers: [AptUpdateAnalyzeAction, AptUpgradeAction, AptRepository, PlannedPackagesRetention],
})
export class AptModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(APT_UPDATE_ANALYZE, APT_UPDATE_ANALYZE_IMPORTANT, APT_ERROR_LINES);
    this.contracts.register(APT_UPGRADE_PLAN, APT_UPGRADE_RESULT, APT_UPGRADE_RESULT_IMPORTANT);
  }
}
