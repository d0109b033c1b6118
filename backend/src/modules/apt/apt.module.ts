import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { AptUpdateAnalyzeAction } from './actions/apt-update-analyze.action';
import { AptController } from './apt.controller';
import { AptRepository } from './apt.repository';
import { aptUpdateAnalyzeImportantSchema, aptUpdateAnalyzeSchema } from './contracts/apt-update-analyze.v1.schema';
import { APT_UPDATE_ANALYZE_CONTRACT } from './contracts/apt-update-analyze.v1';
import { PlannedPackagesRetention } from './retention';

@Module({
  imports: [MachinesModule, HistoryModule, JobsModule],
  controllers: [AptController],
  providers: [AptUpdateAnalyzeAction, AptRepository, PlannedPackagesRetention],
})
export class AptModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register({ name: APT_UPDATE_ANALYZE_CONTRACT, version: 1, schema: aptUpdateAnalyzeSchema });
    this.contracts.register({
      name: `${APT_UPDATE_ANALYZE_CONTRACT}.important`,
      version: 1,
      schema: aptUpdateAnalyzeImportantSchema,
    });
  }
}
