import { Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Contracts } from '../../kernel/contracts/contracts';
import { SettingsModule } from '../settings/settings.module';
import { MAINTENANCE_CONTRACTS } from './cleanup-runs.contracts';
import { CleanupRunsController } from './cleanup-runs.controller';
import { CleanupRuns } from './cleanup-runs.repository';
import { RetentionRunner } from './retention-runner';

/** Keeps the database small and well. */
@Module({
  imports: [DiscoveryModule, SettingsModule],
  controllers: [CleanupRunsController],
  providers: [CleanupRuns, RetentionRunner],
})
export class MaintenanceModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(...MAINTENANCE_CONTRACTS);
  }
}
